/** Runs in a page. It makes every kind of picture from a file, and lets the package read it. */

import * as page from 'gradcam-wasm';
import * as worker from 'gradcam-wasm/worker';

/** @param {Blob} file */
async function drawn(file) {
  const bitmap = await createImageBitmap(file);
  const { width, height } = bitmap;
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.drawImage(bitmap, 0, 0);
  return { canvas, context, bitmap, width, height };
}

/** @param {Blob} file */
function imageElement(file) {
  return Object.assign(new Image(), { src: URL.createObjectURL(file) });
}

/** @type {Record<string, (file: Blob) => any>} */
const kinds = {
  bytes: async (file) => new Uint8Array(await file.arrayBuffer()),
  ArrayBuffer: (file) => file.arrayBuffer(),
  Blob: (file) => file,
  File: (file) => new File([file], 'picture'),
  address: (file) => URL.createObjectURL(file),
  ImageData: async (file) => {
    const { context, width, height } = await drawn(file);
    return context.getImageData(0, 0, width, height);
  },
  '{ data, width, height }': async (file) => {
    const { context, width, height } = await drawn(file);
    return { data: context.getImageData(0, 0, width, height).data, width, height };
  },
  HTMLImageElement: imageElement,
  canvas: async (file) => (await drawn(file)).canvas,
  OffscreenCanvas: async (file) => {
    const { bitmap, width, height } = await drawn(file);
    const canvas = new OffscreenCanvas(width, height);
    canvas.getContext('2d')?.drawImage(bitmap, 0, 0);
    return canvas;
  },
  ImageBitmap: (file) => createImageBitmap(file),
  VideoFrame: async (file) => new VideoFrame((await drawn(file)).canvas, { timestamp: 0 }),
};

/** @param {string} base64 */
async function toFile(base64) {
  const response = await fetch(`data:application/octet-stream;base64,${base64}`);
  return response.blob();
}

/** @param {Uint8ClampedArray} bytes */
function toBase64(bytes) {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

Object.assign(globalThis, {
  /** The kinds that this browser knows. */
  kinds: () =>
    Object.keys(kinds).filter((kind) => kind !== 'VideoFrame' || 'VideoFrame' in globalThis),

  /**
   * @param {'page' | 'worker'} where the work is done
   * @param {string} kind
   * @param {string} base64 a picture file
   * @param {import('gradcam-wasm').LoadImageOptions} options
   */
  async read(where, kind, base64, options) {
    const picture = await kinds[kind](await toFile(base64));
    const { loadImage } = where === 'page' ? page : worker;
    const { data, width, height } = await loadImage(picture, options);
    if (typeof picture === 'object' && 'close' in picture) picture.close();
    return { base64: toBase64(data), width, height };
  },

  /**
   * What a call throws.
   * @param {string} base64
   */
  async failure(base64) {
    const file = await toFile(base64);
    const results = await Promise.allSettled([
      page.loadImage(file),
      page.loadImage(imageElement(file)),
      page.loadImage(document.createElement('video')),
      page.loadImage(Object.assign(document.createElement('canvas'), { width: 0 })),
      worker.loadImage(file),
    ]);
    return results.map((result) => result.status === 'rejected' && result.reason.code);
  },

  /**
   * A JPEG of this browser.
   * @param {string} base64 any picture
   */
  async jpeg(base64) {
    const { canvas } = await drawn(await toFile(base64));
    return canvas.toDataURL('image/jpeg', 1).split(',')[1];
  },

  /**
   * Scores and heat map of a picture.
   * @param {string} kind
   * @param {string} base64
   */
  async explain(kind, base64) {
    const model = await page.loadModel('models/dog_breed_mobilenetv2.safetensors');
    const run = await model.run(await kinds[kind](await toFile(base64)));
    const [{ heatmap }] = (await run.explain()).targets;
    model.dispose();
    return { scores: [...run.predictions], heatmap: [...heatmap.data] };
  },
});
