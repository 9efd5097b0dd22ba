// npm run build: sets up and builds everything that is distributed. What follows goes to make:
// npm run build -- config=debug

import { buildSteps, setUp } from './setup.js';
import { jobs, root, run, runMain, say, isMain } from './tools.js';

/**
 * Runs make, with as many compilers at once as the machine has processors.
 * @param {string[]} targets and variables
 */
export function make(targets) {
  say(`make ${targets.join(' ')}`);
  run('make', ['--no-print-directory', `-j${jobs}`, ...targets]);
}

if (isMain(import.meta.url)) {
  await runMain(async () => {
    await setUp([...buildSteps, 'models']);
    make(['wasm', ...process.argv.slice(2)]);
    const { buildPackage } = await import('./package.js');
    await buildPackage();
    const { buildDemo } = await import('./demo.js');
    await buildDemo();
    say(`done: dist, build/wasm and build/demo in ${root}`);
  });
}
