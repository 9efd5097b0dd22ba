import { defineConfig } from 'astro/config';

export default defineConfig({
  vite: {
    optimizeDeps: { exclude: ['gradcam-wasm'] },
    worker: { format: 'es' },
  },
});
