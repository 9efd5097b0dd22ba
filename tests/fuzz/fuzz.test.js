/**
 * Every fuzzer runs for 20 s, all side by side, and beside them the C tests. Then the lines of
 * `src` are counted that one of them ran.
 */

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';

import { llvm, skipWithoutClang } from '../../wasm-build/clang.js';
import { inBuild, output, root } from '../../wasm-build/tools.js';
import { FUZZERS, fuzz, runTests, writeSeeds } from './fuzzers.js';

const SECONDS = 20;
/** Of the lines of `src`, in percent. docs/reliability.md says what the others are. */
const LEAST_COVERED = 92;

const skip = skipWithoutClang();

/** @typedef {{ lines: { count: number, percent: number } }} Summary */
/** @typedef {{ filename: string, summary: Summary }} Covered */

/** The lines that the programs ran, of each file and in all. */
function countLines() {
  const programs = [...FUZZERS, 'tests'];
  const profile = inBuild('fuzz', 'all.profdata');
  const notes = programs.map((name) => inBuild('fuzz', `${name}.profraw`));
  const [profdata, cov] = [llvm('profdata') ?? '', llvm('cov') ?? ''];
  assert.notEqual(output(profdata, ['merge', '-o', profile, ...notes]), null);
  const [first, ...others] = programs.map((name) => inBuild('fuzz', name));
  const objects = others.flatMap((program) => ['-object', program]);
  const options = ['-summary-only', `-instr-profile=${profile}`];
  const text = output(cov, ['export', ...options, first, ...objects, `${root}/src`]);
  /** @type {{ files: Covered[], totals: Summary }} */
  const { files, totals } = JSON.parse(text ?? '').data[0];
  return { files, totals };
}

describe('fuzzing', { skip }, () => {
  /** @type {import('./fuzzers.js').FuzzResult[]} */
  let results = [];
  /** @type {Awaited<ReturnType<typeof runTests>>} */
  let tests;

  before(async () => {
    writeSeeds();
    const fuzzing = FUZZERS.map((name) => fuzz(name, SECONDS));
    [tests, ...results] = await Promise.all([runTests(), ...fuzzing]);
  });

  for (const [i, name] of FUZZERS.entries()) {
    test(`${name} finds nothing in ${SECONDS} s`, (t) => {
      const { runs, kept, failure } = results[i];
      t.diagnostic(`${runs} inputs run, ${kept} kept in build/fuzz/corpus`);
      assert.equal(failure, null, failure ?? '');
      assert.ok(runs > 0);
    });
  }

  test('the C tests pass under the sanitizers of clang', () => {
    assert.equal(tests.status, 0, tests.text);
  });

  test(`${LEAST_COVERED}% of the lines of src are run`, (t) => {
    const { files, totals } = countLines();
    t.diagnostic(`${totals.lines.percent.toFixed(1)}% of ${totals.lines.count} lines`);
    files
      .filter(({ summary }) => summary.lines.count > 0 && summary.lines.percent < LEAST_COVERED)
      .sort((a, b) => a.summary.lines.percent - b.summary.lines.percent)
      .forEach(({ filename, summary: { lines } }) =>
        t.diagnostic(`${lines.percent.toFixed(1)}% of ${filename.slice(root.length + 1)}`),
      );
    assert.ok(totals.lines.percent >= LEAST_COVERED);
  });
});
