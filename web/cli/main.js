/** Runs a command line, and returns the exit status. */

import { printable } from '../package/base/errors.js';
import { commands } from './commands.js';
import { commandUsage, usage } from './help.js';
import { OutputError } from './output-error.js';
import { StoppedError, UsageError } from './usage-error.js';
import { parseCommandLine } from './usage.js';
import { toolVersion } from './version.js';

/** @import { Messages } from './picture-run.js' */

/**
 * Where a command line writes to. What is left out is collected, or dropped in case of progress.
 * @typedef {object} Streams
 * @property {(data: string | Uint8Array) => Promise<void>} [print] for standard output
 * @property {(text: string) => void} [warn] for standard error
 * @property {(text: string) => void} [progress] is given how far long work is
 */

/**
 * @param {string[]} args without the program's name
 * @param {Streams} [streams]
 * @returns {Promise<{ status: number, output: string, error: string }>} the status is 1 for a
 *   failure, 2 for wrong use and 130 for work that was stopped. `output` and `error` are what no
 *   stream took
 */
export async function main(args, streams = {}) {
  let [output, errors] = ['', ''];
  const warn = streams.warn ?? ((text) => (errors += text));
  const collect = async (/** @type {string | Uint8Array} */ data) => {
    output += typeof data === 'string' ? data : Buffer.from(data).toString('latin1');
  };
  const messages = {
    print: streams.print ?? collect,
    note: (/** @type {string} */ text) => warn(toLine(text)),
    progress: streams.progress ?? (() => {}),
  };
  const status = await run(args, messages).then(
    () => 0,
    (error) => fail(error, messages),
  );
  return { status, output, error: errors };
}

/**
 * @param {unknown} error
 * @param {Messages} messages
 * @returns {number} the exit status
 */
function fail(error, { note }) {
  // A reader like `head` may close the pipe early, which is not a failure.
  if (error instanceof OutputError && error.isClosed) return 0;
  note(error instanceof Error ? error.message : String(error));
  if (error instanceof StoppedError) return 130;
  return error instanceof UsageError ? 2 : 1;
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
  const asked = parseCommandLine(args);
  if (asked === 'version') return messages.print(`${toolVersion()}\n`);
  if ('help' in asked) {
    return messages.print(`${asked.help === '' ? usage() : commandUsage(asked.help)}\n`);
  }
  await commands[asked.command](asked, messages);
}
