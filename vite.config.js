// Bundles the demo page, web/demo, into build/demo: static files that any server can serve.

import { defineConfig } from 'vite';

/**
 * Models are sent as they are: compressed, they would hardly be smaller, but without a length, and so
 * without a percentage while they load.
 * @type {import('vite').Plugin}
 */
const uncompressed = {
  name: 'uncompressed',
  configurePreviewServer({ middlewares }) {
    middlewares.use((request, _response, next) => {
      delete request.headers['accept-encoding'];
      next();
    });
  },
};

export default defineConfig({
  root: 'web/demo',
  base: './',
  publicDir: false,
  plugins: [uncompressed],
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
