// Appended to the module that Emscripten makes of the C tests. With it, `node build/wasm/tests.mjs`
// runs them.
await Module();
