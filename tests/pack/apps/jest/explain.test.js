import { readFile, writeFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { loadModel } from 'gradcam-wasm';

test('explains a picture', async () => {
  const model = await loadModel(await readFile('../files/model.h5'));
  const run = await model.run(await readFile('../files/picture.jpg'));
  const { target, heatmap } = (await run.explain()).targets[0];
  expect(heatmap.data).toHaveLength(heatmap.width * heatmap.height);
  await writeFile('found.json', JSON.stringify({ target, heatmap: [...heatmap.data] }));
});
