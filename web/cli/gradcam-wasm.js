#!/usr/bin/env node
import { main } from './main.js';

// A reader like `head` may close the pipe early, which is not a failure.
process.stdout.on('error', (error) => {
  if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EPIPE') throw error;
});

/** The line that says how far the work is. It is for people, so a file does not get it. */
let shown = '';

/** @param {string} text */
function show(text) {
  process.stderr.write(`\r${text.padEnd(shown.length)}`);
  shown = text;
}

const { status, output, error } = await main(
  process.argv.slice(2),
  process.stderr.isTTY ? show : undefined,
);
if (shown !== '') process.stderr.write(`\r${' '.repeat(shown.length)}\r`);
process.stdout.write(output);
process.stderr.write(error);
// process.exit() would cut off output that a pipe has not taken yet.
process.exitCode = status;
