/**
 * Names of the browser for programs whose TypeScript has no library for browsers. Where it has one,
 * each is the library's own type. The build writes this file beside the published declarations.
 */

/** The type that a global class makes. Without the class it is the other type. */
type Made<Name extends string, Otherwise = never> =
  typeof globalThis extends Record<Name, { prototype: infer Type }> ? Type : Otherwise;

/** The pixels of a picture, of which programs of Node get such a plain object. */
export type ImageData = Made<
  'ImageData',
  { readonly data: Uint8ClampedArray; readonly width: number; readonly height: number }
>;

export type HTMLCanvasElement = Made<'HTMLCanvasElement'>;
export type OffscreenCanvas = Made<'OffscreenCanvas'>;
export type FileList = Made<'FileList'>;

/** What a canvas can draw. */
export type CanvasImageSource =
  | HTMLCanvasElement
  | OffscreenCanvas
  | Made<'HTMLImageElement'>
  | Made<'SVGImageElement'>
  | Made<'HTMLVideoElement'>
  | Made<'ImageBitmap'>
  | Made<'VideoFrame'>;

/** A class of the namespace WebAssembly. */
type Compiled<Name extends string, Otherwise> = typeof globalThis extends {
  WebAssembly: Record<Name, { prototype: infer Type }>;
}
  ? Type
  : Otherwise;

export namespace WebAssembly {
  type Module = Compiled<'Module', object>;
  type Memory = Compiled<'Memory', { readonly buffer: ArrayBuffer }>;
  type Instance = Compiled<'Instance', { readonly exports: object }>;
}
