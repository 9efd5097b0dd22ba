// Bundles the demo page, web/demo, into build/demo: static files that any server can serve.

import { defineConfig } from 'vite';

export default defineConfig({
  root: 'web/demo',
  base: './',
  publicDir: false,
  worker: { format: 'es' },
  build: {
    outDir: '../../build/demo',
    emptyOutDir: true,
    target: 'es2022',
    // The page's content security policy allows no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  logLevel: 'warn',
});
