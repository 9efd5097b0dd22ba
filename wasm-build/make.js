// Runs make, which compiles and links the engine.

import { jobs, run, say } from './tools.js';

/**
 * Runs make, with as many compilers at once as the machine has processors.
 * @param {string[]} targets and variables
 */
export function make(targets) {
  say(`make ${targets.join(' ')}`);
  run('make', ['--no-print-directory', `-j${jobs}`, ...targets]);
}
