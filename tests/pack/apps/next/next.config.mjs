export default { serverExternalPackages: ['gradcam-wasm'] };
