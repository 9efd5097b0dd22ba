import { readFileSync } from 'node:fs';
import { loadModel } from 'gradcam-wasm';

const model = await loadModel('../files/model.h5');
const run = await model.run(readFileSync('../files/picture.jpg'));
const { target, heatmap } = (await run.explain()).targets[0];
const zipCode = await loadModel('../files/other.zip').catch((error) => error.code);
console.log(JSON.stringify({ target, heatmap: [...heatmap.data], zipCode }));
