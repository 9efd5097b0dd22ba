import { cpSync } from 'node:fs';
import { build } from 'esbuild';

cpSync('node_modules/gradcam-wasm/dist', 'dist', { recursive: true });

await build({
  entryPoints: ['main.js'],
  bundle: true,
  format: 'esm',
  outdir: 'dist',
});
