// What every app of these tests does, on the page and in a worker.

import { GradCamError, loadModel } from 'gradcam-wasm';
import { loadModel as loadInWorker } from 'gradcam-wasm/worker';

/** @param {typeof loadModel | typeof loadInWorker} load */
async function explain(load) {
  const model = await load('/model.h5');
  const picture = await fetch('/picture.jpg');
  const run = await model.run(await picture.blob());
  const { target, heatmap } = (await run.explain()).targets[0];
  // A zip that is no model: reading it needs the other library that is loaded on demand.
  const zipCode = await load('/other.zip').catch(codeOf);
  return { target, heatmap: [...heatmap.data], zipCode };
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof GradCamError ? error.code : String(error);
}

/** @param {typeof loadModel | typeof loadInWorker} load */
const explainOrSay = (load) => explain(load).catch((error) => `${codeOf(error)}: ${error.message}`);

export const explainTwice = () => Promise.all([loadModel, loadInWorker].map(explainOrSay));
