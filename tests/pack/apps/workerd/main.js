// Bundles the worker as Cloudflare's tool does, with its other files as modules, and asks it.

import { readFileSync } from 'node:fs';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';

await build({
  entryPoints: ['worker.js'],
  bundle: true,
  format: 'esm',
  outdir: 'dist',
  plugins: [
    {
      name: 'modules',
      setup({ onResolve }) {
        onResolve({ filter: /\.(wasm|bin)$/ }, ({ path }) => ({
          path: `./${path.split('/').at(-1)}`,
          external: true,
        }));
      },
    },
  ],
});

const wasm = readFileSync('node_modules/gradcam-wasm/dist/gradcam.wasm');
const server = new Miniflare({
  compatibilityDate: '2026-01-01',
  modules: [
    { type: 'ESModule', path: 'worker.js', contents: readFileSync('dist/worker.js', 'utf8') },
    { type: 'CompiledWasm', path: 'gradcam.wasm', contents: wasm },
    { type: 'Data', path: 'model.bin', contents: readFileSync('../files/model.h5') },
    { type: 'Data', path: 'picture.bin', contents: readFileSync('../files/picture.jpg') },
  ],
});
const ask = async (path) => (await server.dispatchFetch(`http://localhost${path}`)).json();
console.log(JSON.stringify([await ask('/'), await ask('/bare')]));
await server.dispose();
