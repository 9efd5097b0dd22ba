/// <reference types="vite/client" />

/** Matplotlib's colour maps that the page offers, 256 colours of R, G, B each, in base64. */
declare module 'virtual:colormaps' {
  const tables: Record<string, string>;
  export default tables;
}

/** What the service worker keeps, see wasm-build/offline.js. */
declare module 'virtual:site-files' {
  export const files: (import('workbox-precaching').PrecacheEntry & {
    variant?: 'relaxed' | 'simd';
  })[];
  /** Revisions by the models' paths. */
  export const models: Record<string, string>;
}

/** A model that is on its way, see web/demo/ask.js. */
interface Asked {
  address: string;
  response: Promise<Response>;
  controller: AbortController;
}

/** null if it is too late to ask. */
declare var asked: Asked | null | undefined;
