import { readFile } from 'node:fs/promises';
import { loadModel } from 'gradcam-wasm';

export default defineEventHandler(async () => {
  const model = await loadModel(await readFile('public/model.h5'));
  const run = await model.run(await readFile('public/picture.jpg'));
  const { target, heatmap } = (await run.explain()).targets[0];
  return { target, heatmap: [...heatmap.data] };
});
