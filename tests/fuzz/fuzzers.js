/** The fuzzers, what they start from and how they run. */

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { run as runCommand, inBuild, root } from '../../wasm-build/tools.js';

/** Names of the files of this folder that are fuzzers, from the list in the Makefile. */
export const FUZZERS = (
  /^FUZZERS := (.*)$/m.exec(fs.readFileSync(path.join(root, 'Makefile'), 'utf8'))?.[1] ?? ''
).split(' ');

/**
 * What each fuzzer needs.
 *   mostBytes   size of an input. Larger ones only take longer
 *   seeds       folder in build/ with what it starts from
 * @type {Record<string, { mostBytes: number, seeds: string }>}
 */
const TARGETS = {
  pipe: { mostBytes: 16384, seeds: 'fuzz/start/pipe' },
  picture: { mostBytes: 4096, seeds: 'fuzz/start/picture' },
  api: { mostBytes: 640, seeds: 'fuzz/start/api' },
  // Set-up makes these files for the tests.
  hdf5: { mostBytes: 16384, seeds: 'hdf5-files' },
};

/**
 * Limits of one input. What takes longer, or more memory, is a failure.
 *   -timeout         seconds
 *   -rss_limit_mb    of the whole program, with the sanitizers' own
 */
const LIMITS = ['-timeout=60', '-rss_limit_mb=3000', '-malloc_limit_mb=2000'];

const folder = (/** @type {string[]} */ ...parts) => inBuild('fuzz', ...parts);

/** Makes what the fuzzers start from. */
export function writeSeeds() {
  for (const name of FUZZERS) fs.mkdirSync(inBuild(TARGETS[name].seeds), { recursive: true });
  runCommand(folder('seeds'), [folder('start')], { env: profileTo('seeds') });
}

/**
 * The environment in which a program notes the lines that it runs.
 * @param {string} name of the file, in build/fuzz
 */
export const profileTo = (name) => ({
  ...process.env,
  LLVM_PROFILE_FILE: folder(`${name}.profraw`),
});

/**
 * @typedef {object} FuzzResult
 * @property {string} name
 * @property {number} runs inputs that were run
 * @property {number} kept inputs in its corpus
 * @property {string | null} failure what was found and how to see it again
 */

/**
 * Runs a fuzzer. It begins with the seeds and with what earlier runs kept in build/fuzz/corpus. The
 * input of a failure is kept in build/fuzz/crashes.
 * @param {string} name
 * @param {number} seconds
 * @returns {Promise<FuzzResult>}
 */
export async function fuzz(name, seconds) {
  const { mostBytes, seeds } = TARGETS[name];
  const [corpus, crashes] = [folder('corpus', name), folder('crashes')];
  for (const made of [corpus, crashes]) fs.mkdirSync(made, { recursive: true });
  const args = [
    corpus,
    inBuild(seeds),
    `-max_total_time=${seconds}`,
    `-max_len=${mostBytes}`,
    `-artifact_prefix=${crashes}/${name}-`,
    '-print_final_stats=1',
    '-reload=0',
    ...LIMITS,
  ];
  const { status, text } = await collect(folder(name), args, name);
  const file = /Test unit written to (\S+)/.exec(text)?.[1];
  const again = file ? `see it again:\n  build/fuzz/${name} ${path.relative(root, file)}\n` : '';
  return {
    name,
    runs: Number(/number_of_executed_units: (\d+)/.exec(text)?.[1] ?? 0),
    kept: fs.readdirSync(corpus).length,
    failure: status === 0 ? null : `${name} failed. ${again}${essence(text)}`,
  };
}

/**
 * Runs one of the programs and gives the end of what it prints.
 * @param {string} program
 * @param {string[]} args
 * @param {string} profile
 * @returns {Promise<{ status: number | null, text: string }>}
 */
function collect(program, args, profile) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, env: profileTo(profile) });
    // Tests that wait for something may run at the same time. They come first.
    if (child.pid !== undefined) os.setPriority(child.pid, 5);
    let text = '';
    const add = (/** @type {Buffer} */ data) => (text = `${text}${data}`.slice(-(2 ** 16)));
    child.stdout.on('data', add);
    child.stderr.on('data', add);
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, text }));
  });
}

/**
 * What a fuzzer prints, without the lines on its progress.
 * @param {string} text
 */
const essence = (text) =>
  text
    .split('\n')
    .filter((line) => !/^#\d+\s/.test(line))
    .slice(-60)
    .join('\n');

/** Runs the C tests in the build that notes lines. */
export const runTests = () => collect(folder('tests'), [], 'tests');
