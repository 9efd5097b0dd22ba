/** Runs a command line, and returns what is printed and the exit status. */

import { readFileSync } from 'node:fs';
import { commands } from './commands.js';
import { printable } from '../package/base/errors.js';
import { UsageError } from './usage-error.js';
import { parseCommandLine, USAGE } from './usage.js';

/** @import { Messages } from './commands.js' */

/**
 * @param {string[]} args without the program's name
 * @param {(text: string) => void} [progress] is given how far long work is
 * @returns {Promise<{ status: 0 | 1 | 2, output: string, error: string }>} the status is 1 for a
 *   failure and 2 for wrong use. `output` is for standard output, `error` for standard error
 */
export async function main(args, progress = () => {}) {
  /** @type {string[]} */
  const notes = [];
  try {
    const output = await run(args, { note: (text) => notes.push(toLine(text)), progress });
    return { status: 0, output: `${output}\n`, error: notes.join('') };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const status = error instanceof UsageError ? 2 : 1;
    return { status, output: '', error: toLine(message) };
  }
}

/** @param {string} message */
function toLine(message) {
  return `gradcam-wasm: ${printable(message.replaceAll('\n', ' '))}\n`;
}

/**
 * @param {string[]} args
 * @param {Messages} messages
 */
async function run(args, messages) {
  const request = parseCommandLine(args);
  if (request === 'help') return USAGE.trimEnd();
  if (request === 'version') return version();
  return commands[request.command](request, messages);
}

/** @returns {string} */
function version() {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}
