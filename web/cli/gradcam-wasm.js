#!/usr/bin/env node
/** The command-line tool: exit status 0, 1 for a failure, 2 for wrong use. */

import { readFileSync } from 'node:fs';
import { commands } from './commands.js';
import { parseCommandLine, USAGE, UsageError } from './usage.js';

/**
 * @param {string[]} args
 * @returns {Promise<string>} what is printed
 */
async function run(args) {
  const request = parseCommandLine(args);
  if (request === 'help') return USAGE.trimEnd();
  if (request === 'version') return version();
  return commands[request.command](request);
}

/** @returns {string} */
function version() {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}

// A reader that has seen enough, such as head, is no failure.
process.stdout.on('error', (error) => {
  if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EPIPE') throw error;
});

try {
  process.stdout.write(`${await run(process.argv.slice(2))}\n`);
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`gradcam-wasm: ${message.replaceAll('\n', ' ')}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
