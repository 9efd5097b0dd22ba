/**
 * Runs a folder of golden cases:
 *
 *     npm run golden -- KIND DIR [--reference | --variant simd|relaxed] [--threads N]
 *                       [--keep auto|layers|checkpoints] [--only NAME]
 *
 * Prints a line a case with its worst error over tolerance (1 is the limit) and ends with
 * "N passed, N failed". KIND is one of those below; DIR is any folder of such cases; --reference
 * takes the double-precision build, --variant one of the product's, which else is the one for this
 * Node; --threads and --keep as loadModel's options.
 */

import { parseArgs } from 'node:util';

import { checkEli5Case, eli5Cases } from './eli5.js';
import { checkMethodsCase, methodsCases } from './methods.js';
import { checkOpsCase, opsCases } from './ops.js';
import { checkZooCase, zooCases } from './zoo.js';

/**
 * @typedef {object} CaseResult
 * @property {string} name
 * @property {number} worst largest error over its tolerance
 * @property {string[]} failures what is wrong, a sentence each; empty: passed
 * @property {string[]} notes what a reader should know of a case that passed
 */

/**
 * @typedef {object} Kind
 * @property {(dir: string) => string[]} cases names of the cases in a folder
 * @property {(dir: string, name: string, build: import('./common.js').Build) =>
 *   Promise<CaseResult>} check
 */

/** @type {Record<string, Kind>} */
const KINDS = {
  eli5: { cases: eli5Cases, check: checkEli5Case },
  methods: { cases: methodsCases, check: checkMethodsCase },
  ops: { cases: opsCases, check: checkOpsCase },
  zoo: { cases: zooCases, check: checkZooCase },
};

const USAGE =
  `usage: npm run golden -- ${Object.keys(KINDS).join('|')} DIR ` +
  '[--reference | --variant simd|relaxed] [--threads N] [--keep auto|layers|checkpoints] ' +
  '[--only NAME]';

/** @param {string[]} args */
async function main(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      reference: { type: 'boolean', default: false },
      variant: { type: 'string' },
      threads: { type: 'string' },
      keep: { type: 'string' },
      only: { type: 'string' },
    },
  });
  const [kind, dir] = positionals;
  if (!(kind in KINDS) || dir === undefined) throw new Error(USAGE);
  const { reference } = values;
  const variant = /** @type {import('gradcam-wasm').WasmVariant | undefined} */ (values.variant);
  if (variant === 'relaxed') await import('../../wasm-build/enable-relaxed-simd.js');
  const threads = values.threads === undefined ? undefined : Number(values.threads);
  const keep = /** @type {import('gradcam-wasm').LoadOptions['keep']} */ (values.keep);
  const build = { reference, variant, threads, keep };
  const names = KINDS[kind].cases(dir).filter((name) => !values.only || name === values.only);
  if (names.length === 0) throw new Error(`no case of kind ${kind} in ${dir}`);
  let failed = 0;
  for (const name of names) {
    const result = await KINDS[kind].check(dir, name, build).catch((error) => crashed(name, error));
    if (result.failures.length > 0) failed++;
    print(result);
  }
  console.log(`${names.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

/**
 * A case that could not be run has failed; the others are still worth running.
 * @param {string} name
 * @param {unknown} error
 * @returns {CaseResult}
 */
function crashed(name, error) {
  const text = error instanceof Error ? error.message : String(error);
  return { name, worst: Infinity, failures: [text], notes: [] };
}

/** @param {CaseResult} result */
function print({ name, worst, failures, notes }) {
  const verdict = failures.length === 0 ? 'ok    ' : 'FAILED';
  console.log(`${verdict} ${name}: worst error ${worst.toFixed(3)} of tolerance`);
  for (const line of [...failures.slice(0, 20), ...notes]) console.log(`       ${line}`);
  if (failures.length > 20) console.log(`       and ${failures.length - 20} more`);
}

main(process.argv.slice(2)).then(
  (status) => (process.exitCode = status),
  (error) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 2;
  },
);
