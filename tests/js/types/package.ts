/** What a TypeScript user may and may not write. Every expected error must be one. */

import {
  GradCamError,
  arrayToImage,
  explainPrediction,
  expandHeatmap,
  formatAsImage,
  imageToArray,
  loadImage,
  loadModel,
  showPrediction,
} from 'gradcam-wasm';
import type {
  Diagnosis,
  Explanation,
  Filter,
  GradCamErrorCode,
  HeatMap,
  Layer,
  Model,
  Picture,
  Preprocessing,
  Run,
  Tensor,
} from 'gradcam-wasm';
import { names } from 'gradcam-wasm/imagenet';
import * as worker from 'gradcam-wasm/worker';

/** Compiles only if both types are the same. */
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : never;
const same = <A, B>(_: Same<A, B>) => {};

declare const signal: AbortSignal;
declare const canvas: HTMLCanvasElement;

export async function loading(file: File, files: FileList) {
  await loadModel(file, { labels: 'imagenet', defaultLabels: 'imagenet' });
  await loadModel(file, { labels: ['background', ...names] });
  // @ts-expect-error
  await loadModel(file, { labels: 'cifar' });
  // @ts-expect-error
  names[0] = 'fish';
  const model = await loadModel('model.keras', {
    labels: ['cat', 'dog'],
    preprocessing: { scale: [1, 1, 1], offset: 0 },
    inputSize: [224, 224],
    signal,
    onProgress: ({ phase, loaded, total }) => {
      same<typeof phase, 'fetch' | 'weights' | 'plan'>(true);
      same<typeof loaded, number>(true);
      same<typeof total, number>(true);
    },
  });
  same<typeof model, Model>(true);
  same<typeof model.inputShape, (number | null)[]>(true);
  same<typeof model.layers, readonly Layer[]>(true);
  const sources = [
    new URL('file:///m.h5'),
    file,
    files,
    [file],
    new Uint8Array(),
    new ArrayBuffer(1),
  ];
  for (const source of sources) await loadModel(source);
  // @ts-expect-error no source
  await loadModel(7);
  // @ts-expect-error no preprocessing of that name
  await loadModel(file, { preprocessing: 'keras' });
  // @ts-expect-error one number
  await loadModel(file, { inputSize: 224 });
  // @ts-expect-error misspelt
  await loadModel(file, { label: ['cat'] });
  // @ts-expect-error read only
  model.layers.push(model.layers[0]);
  using borrowed = model;
  return borrowed;
}

export async function explaining(model: Model, picture: Picture, tensor: Tensor) {
  const run: Run = await model.run(picture, { image: picture, interpolation: 'box', signal });
  same<typeof run.predictions, Float32Array<ArrayBufferLike>>(true);
  const [best] = run.decodePredictions({ top: 1 });
  same<typeof best, { index: number; label: string; score: number }>(true);
  const layer = [model.layers[0], 'Conv_1', -1];
  const explanation = await run.explain({ targets: [best.index, 3], layer, logits: true });
  same<typeof explanation, Explanation>(true);
  const [{ heatmap, diagnosis, proba }] = explanation.targets;
  same<typeof heatmap, HeatMap>(true);
  same<typeof diagnosis, Diagnosis | null>(true);
  same<typeof proba, number | null>(true);
  await explainPrediction(model, tensor, { layer: 'all', targets: 3 });
  await run.explain({ targets: ['cat', 3, { cat: 1, 4: -1 }], layer: model.layers });
  await run.explain({ targets: 'cat', contrast: { against: ['dog'] } });
  await loadModel('model.keras', { labels: model.labels });
  const numbers = { mean: [0, 0, 0], std: [1, 1, 1] } as const;
  await loadModel('model.keras', { preprocessing: numbers, inputSize: [224, 224] as const });
  await loadModel('model.keras', { preprocessing: { scale: 1 / 255 } });
  // @ts-expect-error classes are numbers or labels
  await run.explain({ targets: [true] });
  // @ts-expect-error no layer
  await run.explain({ layer: { type: 'Conv2D' } });
  await model.run('picture.jpg', { image: 'input' });
  // @ts-expect-error a number is no picture
  await model.run(7);
  // @ts-expect-error no filter of that name
  await model.run(picture, { interpolation: 'cubic' });
  // @ts-expect-error private
  model.network;
}

export function formatting(explanation: Explanation, { width, height }: ImageData) {
  const options = { index: 1, alphaLimit: null, resamplingFilter: 'hamming' as Filter };
  const overlay = formatAsImage(explanation, { ...options, colormap: 'jet' });
  same<typeof overlay, ImageData>(true);
  formatAsImage(explanation, { colormap: (value) => [value, 1 - value, 0] });
  expandHeatmap(explanation.targets[0].heatmap, { width, height });
  // @ts-expect-error a text
  formatAsImage(explanation, { alphaLimit: '0.5' });
  // @ts-expect-error gives a text
  formatAsImage(explanation, { colormap: (value: number) => `rgb(${value})` });
}

export async function steps(preprocessing: Preprocessing) {
  const image = await loadImage('photo.jpg', { targetSize: [224, 224] });
  const array = imageToArray(image, { preprocessing, channels: 1 });
  same<typeof array, Tensor>(true);
  arrayToImage(array, { scale: false });
  // @ts-expect-error height alone
  await loadImage('photo.jpg', { targetSize: [224] });
  // @ts-expect-error 1 or 3
  imageToArray(image, { channels: 2 });
}

export async function inAWorker(file: File) {
  const model = await worker.loadModel(file);
  const overlay = await worker.showPrediction(model, file, { canvas });
  same<typeof overlay, ImageData>(true);
  const explanation = await worker.explainPrediction(model, file);
  same<typeof explanation, Explanation>(true);
  await worker.formatAsImage(explanation, { index: 1, colormap: 'jet', signal });
  const image = await worker.loadImage('photo.jpg', { targetSize: [224, 224], signal });
  const array = await worker.imageToArray(image, { preprocessing: 'tf' });
  same<typeof array, Tensor>(true);
  const names = await worker.colormaps();
  same<typeof names, string[]>(true);
  const session = new worker.WorkerSession();
  same<typeof session.loadModel, typeof worker.loadModel>(true);
  const started = await session.init({ threads: 2, signal });
  same<typeof started, void>(true);
  // @ts-expect-error no option of that name
  await worker.formatAsImage(explanation, { opacity: 0.5 });
  // @ts-expect-error a heat map is needed
  await session.heatmapToImage(explanation);
  // @ts-expect-error a model of the page is none of the worker's
  await worker.explainPrediction(await loadModel(file), file);
  // @ts-expect-error and the other way round
  await showPrediction(model, file);
}

export function failing(error: unknown) {
  if (!(error instanceof GradCamError)) throw error;
  same<typeof error.code, GradCamErrorCode>(true);
  if (error.code === 'UNKNOWN_LAYER') return error.message;
  // @ts-expect-error no such code
  return error.code === 'NO_LAYER';
}
