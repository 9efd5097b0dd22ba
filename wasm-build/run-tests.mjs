// Appended to the module that Emscripten makes of the C tests, so that `node build/wasm/tests.mjs` runs them.
await Module();
