import { cpSync } from 'node:fs';
import { nodeResolve } from '@rollup/plugin-node-resolve';

cpSync('node_modules/gradcam-wasm/dist', 'dist', { recursive: true });

export default {
  input: 'main.js',
  output: { dir: 'dist' },
  plugins: [nodeResolve()],
};
