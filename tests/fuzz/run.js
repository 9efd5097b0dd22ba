/**
 * Runs fuzzers for long:
 *
 *     npm run fuzz -- [--minutes N] [TARGET...]
 *
 * Without names all of them run side by side, for a minute each. Inputs that reach new code are
 * kept in build/fuzz/corpus, and the next run begins with them. The exit status is 1 if one failed.
 */

import { parseArgs } from 'node:util';

import { skipWithoutClang, ensureClang } from '../../wasm-build/clang.js';
import { make } from '../../wasm-build/make.js';
import { buildSteps, setUp } from '../../wasm-build/setup.js';
import { SetupError, runMain, say } from '../../wasm-build/tools.js';
import { FUZZERS, fuzz, writeSeeds } from './fuzzers.js';

await runMain(async () => {
  const options = /** @type {const} */ ({ minutes: { type: 'string', default: '1' } });
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const seconds = Math.round(Number(values.minutes) * 60);
  const unknown = positionals.find((name) => !FUZZERS.includes(name));
  if (unknown) throw new SetupError(`no target ${unknown}; there are ${FUZZERS.join(', ')}`);
  if (!(seconds >= 1)) throw new SetupError('--minutes takes a number above 0');
  await setUp(buildSteps);
  ensureClang();
  const reason = skipWithoutClang();
  if (reason) throw new SetupError(reason);
  make(['fuzz', 'config=sanitize']);
  writeSeeds();
  const names = positionals.length > 0 ? positionals : FUZZERS;
  say(`${names.join(', ')} run for ${values.minutes} min`);
  for (const result of await Promise.all(names.map((name) => fuzz(name, seconds)))) {
    say(`${result.name}: ${result.runs} inputs run, ${result.kept} kept`);
    if (result.failure) console.log(result.failure);
    if (result.failure) process.exitCode = 1;
  }
});
