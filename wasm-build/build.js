// Sets up and builds everything that is distributed. Arguments go to make.
//
//     npm run build -- config=debug

import { make } from './make.js';
import { buildSteps, setUp } from './setup.js';
import { root, runMain, say } from './tools.js';

await runMain(async () => {
  await setUp([...buildSteps, 'models']);
  make(['wasm', ...process.argv.slice(2)]);
  // These two import npm packages, which exist only after set-up.
  const { buildPackage } = await import('./package.js');
  await buildPackage();
  const { buildDemo } = await import('./demo.js');
  await buildDemo();
  say(`done: dist, build/wasm and build/demo in ${root}`);
});
