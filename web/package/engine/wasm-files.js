/** Addresses of the wasm files that few browsers load, in the form that bundlers look for. */

export function simd() {
  return new URL('../../../build/wasm/gradcam.wasm', import.meta.url);
}

export function simdThreads() {
  return new URL('../../../build/wasm/gradcam-threads.wasm', import.meta.url);
}

export function relaxedThreads() {
  return new URL('../../../build/wasm/gradcam-relaxed-threads.wasm', import.meta.url);
}
