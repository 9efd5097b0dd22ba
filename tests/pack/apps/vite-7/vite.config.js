import { defineConfig } from 'vite-7';

export default defineConfig({
  optimizeDeps: { exclude: ['gradcam-wasm'] },
  worker: { format: 'es' },
});
