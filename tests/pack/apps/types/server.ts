// A program of Node, whose TypeScript knows no browser.

import { readFile, writeFile } from 'node:fs/promises';
import { encodePng, formatAsImage, loadModel } from 'gradcam-wasm';
import type { Layer, LoadOptions, Model } from 'gradcam-wasm';

const LABELS = ['cat', 'dog'] as const;
const PREPROCESSING = { mean: [123.7, 116.8, 103.9], std: [58.4, 57.1, 57.4] } as const;

export async function explain(file: string): Promise<number> {
  const options: LoadOptions = { labels: LABELS, preprocessing: PREPROCESSING };
  const model: Model = await loadModel(file, options);
  const run = await model.run(await readFile('picture.jpg'));
  const layers: readonly Layer[] = model.layers;
  const explanation = await run.explain({ layer: layers, targets: LABELS });
  const overlay = formatAsImage(explanation);
  await writeFile('overlay.png', await encodePng(overlay));
  const again = await loadModel(file, { labels: model.labels });
  again.dispose();
  return overlay.data.length + overlay.width;
}

export async function wrong(model: Model) {
  // @ts-expect-error: without a browser there is no canvas
  await model.run({ getContext: () => null });
}
