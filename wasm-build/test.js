// npm test: sets up, builds what the tests run, and runs every tests/**/*.test.js with Node's runner.
// What follows chooses test files: npm test -- tests/js/style.test.js

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { make } from './build.js';
import { buildSteps, setUp } from './setup.js';
import { root, runMain, say } from './tools.js';

/** Every test file, relative to the root. */
function testFiles() {
  const names = fs.readdirSync(path.join(root, 'tests'), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.test.js')).map((name) => path.join('tests', name));
}

await runMain(async () => {
  const tools = ['clang-format', 'python-safetensors', 'chromium', 'firefox'];
  await setUp([...buildSteps, 'models', 'test-models', ...tools]);
  make(['wasm', 'reference', 'wasm-tests']);
  make(['native-tests', 'config=sanitize']);
  const { buildDemo } = await import('./demo.js');
  await buildDemo();
  const chosen = process.argv.slice(2);
  const files = chosen.length > 0 ? chosen : testFiles().sort();
  say(`node --test, ${files.length} files`);
  const { status } = spawnSync(process.execPath, ['--test', '--test-reporter=spec', ...files], {
    cwd: root,
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
});
