// Checks a WebAssembly module that was built and prints its size: node wasm-build/check-module.js FILE

import fs from 'node:fs';
import zlib from 'node:zlib';
import { SetupError, runMain } from './tools.js';

/** What the loader in web/package supplies. Anything else is a function that was not linked. */
const supplied = ['env.emscripten_notify_memory_growth'];

/** No module may be larger than this when compressed, in bytes. */
const largest = 500_000;

await runMain(async () => {
  const file = process.argv[2];
  const bytes = fs.readFileSync(file);
  // Node has neither relaxed SIMD nor threads switched on here: a module with either is refused.
  const module = await WebAssembly.compile(bytes);
  const imports = WebAssembly.Module.imports(module).map(({ module, name }) => `${module}.${name}`);
  const unknown = imports.filter((name) => !supplied.includes(name));
  if (unknown.length > 0) throw new SetupError(`${file} imports ${unknown.join(', ')}`);
  const gzip = zlib.gzipSync(bytes, { level: 9 }).length;
  const brotli = zlib.brotliCompressSync(bytes).length;
  console.log(`${file}: ${bytes.length} bytes, ${gzip} with gzip, ${brotli} with brotli`);
  if (gzip > largest) throw new SetupError(`${file} is larger than ${largest} bytes with gzip`);
});
