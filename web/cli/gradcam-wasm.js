#!/usr/bin/env node
import { main } from './main.js';

// A reader like `head` may close the pipe early, which is not a failure.
process.stdout.on('error', (error) => {
  if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EPIPE') throw error;
});

const { status, output, error } = await main(process.argv.slice(2));
process.stdout.write(output);
process.stderr.write(error);
// process.exit() would cut off output that a pipe has not taken yet.
process.exitCode = status;
