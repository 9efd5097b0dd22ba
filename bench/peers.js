/** The other runtimes. They are installed and bundled into build/bench/peers, and weighed. */

import fs from 'node:fs';
import path from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { readIfExists, root, run, say, sha256 } from '../wasm-build/tools.js';

/** Where they are, from the project's root. */
export const PEERS = 'build/bench/peers';
export const ORT = `${PEERS}/node_modules/onnxruntime-web/dist/`;
export const TFJS_WASM = `${PEERS}/node_modules/@tensorflow/tfjs-backend-wasm/dist/`;

/** What a page loads of each. @type {Record<string, string[]>} */
export const PAGE_FILES = {
  'onnxruntime-web': [`${ORT}ort.wasm.bundle.min.mjs`, `${ORT}ort-wasm-simd-threaded.wasm`],
  'tfjs-wasm': [`${PEERS}/tfjs.browser.mjs`, `${TFJS_WASM}tfjs-backend-wasm-simd.wasm`],
};

const folder = path.join(root, PEERS);

/** Installs what bench/peers/package-lock.json pins, unless that was done. */
export async function ensurePeers() {
  const lock = sha256(path.join(root, 'bench/peers/package-lock.json'));
  const stamp = path.join(folder, 'ready');
  if (readIfExists(stamp) === lock) return;
  say('installing onnxruntime-web and tfjs, to compare with');
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  for (const name of ['package.json', 'package-lock.json']) {
    fs.copyFileSync(path.join(root, 'bench/peers', name), path.join(folder, name));
  }
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts'];
  run('npm', ['ci', '--legacy-peer-deps', ...quiet], { cwd: folder });
  await bundleTfjs();
  fs.writeFileSync(stamp, lock);
}

/** One module for a page, which has no node_modules, and one for Node. */
async function bundleTfjs() {
  const { build } = await import('esbuild');
  const contents = `export * from '@tensorflow/tfjs-core';
    export { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
    export { loadLayersModel } from '@tensorflow/tfjs-layers';`;
  // tfjs requires Node's own modules in the middle of its functions.
  const js = `import { createRequire } from 'node:module';
    const require = createRequire(import.meta.url), __dirname = import.meta.dirname;`;
  for (const platform of /** @type {const} */ (['browser', 'node'])) {
    await build({
      stdin: { contents, resolveDir: folder },
      bundle: true,
      format: 'esm',
      platform,
      mainFields: ['module', 'main'],
      external: ['util', 'fs', 'path', 'worker_threads', 'perf_hooks', 'os', 'crypto'],
      banner: platform === 'node' ? { js } : {},
      outfile: path.join(folder, `tfjs.${platform}.mjs`),
      logLevel: 'error',
    });
  }
}

/** Bytes with brotli of what a page loads of each, minified, by their names. */
export async function peerBytes() {
  const { transform } = await import('esbuild');
  const weigh = async (/** @type {string} */ name) => {
    const bytes = fs.readFileSync(path.join(root, name));
    if (name.endsWith('.wasm')) return brotliCompressSync(bytes).length;
    const { code } = await transform(bytes.toString(), { minify: true });
    return brotliCompressSync(code).length;
  };
  /** @type {Record<string, number>} */
  const sizes = {};
  for (const [peer, [script, module]] of Object.entries(PAGE_FILES)) {
    sizes[peer] = (await weigh(script)) + (await weigh(module));
  }
  return sizes;
}
