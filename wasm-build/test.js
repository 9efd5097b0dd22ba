// Sets up, builds what the tests run, and runs every tests/**/*.test.js with Node's runner.
// Arguments choose files of tests.
//
//     npm test -- tests/js/style.test.js

import fs from 'node:fs';
import path from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { skipWithoutClang } from './clang.js';
import { make } from './make.js';
import { buildSteps, setUp } from './setup.js';
import { SetupError, jobs, root, runMain, say } from './tools.js';

/** If the longest files begin first, no processor is idle at the end. */
const LONGEST_FIRST = [
  'golden/methods',
  'pack/pack',
  'golden/zoo',
  'browser/page',
  'browser/demo',
  'browser/offline',
  'browser/save',
  'js/style',
  'browser/element',
  'browser/family',
  'fuzz/fuzz',
].map((name) => path.join('tests', `${name}.test.js`));

/** A file that takes longer, in milliseconds, is ended and fails. The longest takes a tenth. */
const TIMEOUT = 15 * 60_000;

/** Every test file, relative to the root. Those of the apps in tests/pack run inside the apps. */
function testFiles() {
  const names = fs.readdirSync(path.join(root, 'tests'), { recursive: true, encoding: 'utf8' });
  const own = names.filter((name) => !name.startsWith(path.join('pack', 'apps', path.sep)));
  const files = own.filter((name) => name.endsWith('.test.js')).sort();
  return [...new Set([...LONGEST_FIRST, ...files.map((name) => path.join('tests', name))])];
}

/**
 * Runs files of tests, as many at once as the machine has processors. `node --test` would leave one
 * processor idle.
 * @param {string[]} files
 */
function runTests(files) {
  say(`${files.length} files of tests`);
  const paths = files.map((file) => path.resolve(root, file));
  const tests = run({ files: paths, concurrency: jobs, timeout: TIMEOUT });
  tests.on('test:fail', () => (process.exitCode = 1));
  tests.compose(new spec()).pipe(process.stdout);
}

await runMain(async () => {
  if (process.env.CI && !fs.existsSync(path.join(root, '../shared/golden'))) {
    throw new SetupError('the test data are missing. There is no folder ../shared/golden');
  }
  const tools = ['clang', 'clang-format', 'python', 'hdf5-files', 'chromium', 'firefox'];
  await setUp([...buildSteps, 'models', 'test-models', ...tools]);
  make(['wasm', 'reference', 'wasm-tests']);
  make(['native-tests', ...(skipWithoutClang() ? [] : ['fuzz', 'races']), 'config=sanitize']);
  const { buildDemo } = await import('./demo.js');
  await buildDemo();
  const chosen = process.argv.slice(2);
  runTests(chosen.length > 0 ? chosen : testFiles());
});
