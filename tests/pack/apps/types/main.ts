// What TypeScript accepts of the package, and what it does not.

import { GradCamError, formatAsImage, loadModel, showPrediction } from 'gradcam-wasm';
import type { Explanation, GradCamErrorCode, Model, Progress } from 'gradcam-wasm';
import { GradCamElement } from 'gradcam-wasm/element';
import type { Answer } from 'gradcam-wasm/element';
import { loadModel as loadInWorker, terminate } from 'gradcam-wasm/worker';

const { signal } = new AbortController();
const onProgress = ({ phase, loaded, total }: Progress) => console.log(phase, loaded / total);

export async function explain(file: File, canvas: HTMLCanvasElement): Promise<Float32Array> {
  const model: Model = await loadModel(file, { labels: ['cat', 'dog'], signal, onProgress });
  const run = await model.run(canvas);
  const [best] = run.decodePredictions({ top: 1 });
  const explanation: Explanation = await run.explain({ targets: [best.index], layer: -1 });
  const overlay: ImageData = formatAsImage(explanation, { colormap: (v) => [v, 0, 1 - v] });
  await showPrediction(model, overlay, { canvas, resamplingFilter: 'box' });
  model.dispose();
  return explanation.targets[0].heatmap.data;
}

export async function explainInWorker(address: URL, picture: Blob): Promise<number> {
  const model = await loadInWorker(address);
  const explanation = await (await model.run(picture)).explain({ logits: true });
  terminate();
  return explanation.targets[0].score;
}

export function showInElement(element: GradCamElement, file: File): Answer | null {
  Object.assign(GradCamElement.texts, { much: 'viel' });
  element.model = 'model.keras';
  element.src = file;
  element.options = { labels: ['cat', 'dog'], inputSize: [224, 224] };
  element.target = 'cat';
  // @ts-expect-error: a class is a label or an index
  element.target = true;
  return element.answer;
}

export function codeOf(error: unknown): GradCamErrorCode | undefined {
  return error instanceof GradCamError ? error.code : undefined;
}

export async function wrong(model: Model, explanation: Explanation) {
  // @ts-expect-error: a model is not a number
  await loadModel(5);
  // @ts-expect-error: there is no such filter
  formatAsImage(explanation, { resamplingFilter: 'cubic' });
  // @ts-expect-error: a picture is needed
  await model.run();
  // @ts-expect-error: a layer is a name, an index or an entry of model.layers
  await (await model.run(new Uint8Array())).explain({ layer: true });
  // @ts-expect-error: no such code
  return codeOf(null) === 'OOPS';
}
