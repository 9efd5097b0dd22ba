/**
 * Measures the engine's kernels beside XNNPACK's and the references, in both forms of SIMD.
 *
 *     npm run bench:kernels
 */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';

const root = fileURLToPath(new URL('..', import.meta.url));
const { status } = spawnSync('make', ['-f', 'bench/kernels.mk', 'bench-kernels'], {
  cwd: root,
  stdio: 'inherit',
});
if (status !== 0) throw new Error('make bench-kernels failed');

// Node 20 has it behind a flag.
if (Number(process.versions.node.split('.')[0]) < 22) {
  setFlagsFromString('--experimental-wasm-relaxed-simd');
}
for (const [title, program] of [
  ['SIMD128', 'kernels'],
  ['relaxed SIMD; XNNPACK stays SIMD128', 'kernels-relaxed'],
]) {
  console.log(`\n== ${title}`);
  await import(new URL(`../build/bench/${program}.mjs`, import.meta.url).href);
}
