#!/usr/bin/env node
import { main } from './main.js';
import { OutputError } from './output-error.js';

// The callback of a write says what went wrong, where the work is.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

/** The line that says how far the work is. It is for people, so a file does not get it. */
let shown = '';

/** @param {string} text */
function progress(text) {
  const line = text.slice(0, (process.stderr.columns ?? 80) - 1);
  process.stderr.write(`\r${line.padEnd(shown.length)}`);
  shown = line;
}

function clear() {
  if (shown !== '') process.stderr.write(`\r${' '.repeat(shown.length)}\r`);
  shown = '';
}

/** @param {string} text */
function warn(text) {
  clear();
  process.stderr.write(text);
}

/**
 * Waits until the reader has taken what it is given, so that memory holds one result at most.
 * @param {string | Uint8Array} data
 * @returns {Promise<void>}
 */
function print(data) {
  if (process.stdout.isTTY) clear();
  return new Promise((resolve, reject) => {
    process.stdout.write(data, (error) => (error ? reject(new OutputError(error)) : resolve()));
  });
}

const streams = { print, warn, ...(process.stderr.isTTY && { progress }) };
const { status } = await main(process.argv.slice(2), streams);
clear();
// process.exit() would cut off output that a pipe has not taken yet.
process.exitCode = status;
