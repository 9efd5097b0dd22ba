/// <reference types="vite/client" />

/** Matplotlib's colour maps that the page offers, 256 colours of R, G, B each, in base64. */
declare module 'virtual:colormaps' {
  const tables: Record<string, string>;
  export default tables;
}
