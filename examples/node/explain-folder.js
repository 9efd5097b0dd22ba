import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { GradCamError, encodePng, formatAsImage, loadModel } from 'gradcam-wasm';

const [modelFile, folder, results] = process.argv.slice(2);
if (!results) {
  console.error('usage: node explain-folder.js MODEL FOLDER RESULTS');
  process.exit(2);
}

const model = await loadModel(await readFile(modelFile));
await mkdir(results, { recursive: true });

/** Writes the overlay of a picture and returns what the table says of it. */
async function explain(name) {
  const bytes = await readFile(join(folder, name));
  const run = await model.run(bytes, { image: bytes });
  const explanation = await run.explain();
  const png = await encodePng(formatAsImage(explanation));
  await writeFile(join(results, `${parse(name).name}.png`), png);
  const [{ label, score, heatmap, diagnosis }] = explanation.targets;
  const hottest = heatmap.data.indexOf(Math.max(...heatmap.data));
  const cell = [Math.floor(hottest / heatmap.width) + 1, (hottest % heatmap.width) + 1];
  const size = `${heatmap.height} x ${heatmap.width}`;
  return [label, score.toFixed(3), `row ${cell[0]}, column ${cell[1]} of ${size}`, diagnosis?.code];
}

for (const name of (await readdir(folder)).sort()) {
  try {
    console.log([name, ...(await explain(name))].join('\t'));
  } catch (error) {
    if (!(error instanceof GradCamError)) throw error;
    console.log([name, error.code, error.message].join('\t'));
  }
}
model.dispose();
