// Checks WebAssembly modules and prints their sizes.
//
//     node wasm-build/check-module.js FILE...

import fs from 'node:fs';
import zlib from 'node:zlib';
import { SetupError, runMain } from './tools.js';

/** The imports that the loader in web/package supplies. Another import was not linked. */
const supplied = ['env.emscripten_notify_memory_growth', 'env.gc_host_read', 'env.memory'];

/** No module may be larger than this when compressed, in bytes. */
const largest = 500_000;

await runMain(async () => {
  for (const file of process.argv.slice(2)) await checkModule(file);
});

/** @param {string} file */
async function checkModule(file) {
  const bytes = fs.readFileSync(file);
  // Node 20 refuses relaxed SIMD by default, which is right for the other modules.
  if (file.includes('-relaxed')) await import('./enable-relaxed-simd.js');
  const module = await WebAssembly.compile(bytes);
  const imports = WebAssembly.Module.imports(module).map(({ module, name }) => `${module}.${name}`);
  const unknown = imports.filter((name) => !supplied.includes(name));
  if (unknown.length > 0) throw new SetupError(`${file} imports ${unknown.join(', ')}`);
  const gzip = zlib.gzipSync(bytes, { level: 9 }).length;
  const brotli = zlib.brotliCompressSync(bytes).length;
  console.log(`${file}: ${bytes.length} bytes, ${gzip} with gzip, ${brotli} with brotli`);
  if (gzip > largest) throw new SetupError(`${file} is larger than ${largest} bytes with gzip`);
}
