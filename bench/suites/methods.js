/** The suite of `npm run bench -- --methods`: explanation methods, in forward passes. */

import { init, loadModel, methods } from '../../web/package/page.js';
import { measure } from '../measure.js';
import { readModules } from './modules.js';

/** @typedef {import('../hosts.js').Host} Host */
/** @typedef {import('../measure.js').Task} Task */
/** @typedef {import('gradcam-wasm').Run} Run */

/** The methods that one backward pass serves together. */
const LOOPS = ['scoreCam', 'ablationCam'];
const GRADIENT = methods().filter((method) => !LOOPS.includes(method));

/**
 * @param {Host} host
 * @param {object} options
 * @param {string} options.model path of a model file
 * @param {string[]} options.pictures paths
 * @param {Record<string, string>} options.modules
 * @param {number} options.rounds
 */
export async function suite(host, { model: path, pictures, modules, rounds }) {
  const [[build, wasmBinary]] = Object.entries(await readModules(host, modules));
  const wasmModule = await WebAssembly.compile(wasmBinary);
  const model = await loadModel(await host.read(path), { wasmModule });
  const runs = [];
  for (const picture of pictures) runs.push(await model.run(await host.read(picture)));
  const times = await measure(tasksOf(model, runs), rounds, host.progress, 2);
  await runs[0].explain({ method: GRADIENT, layer: 'all' });
  const { memorySize } = await init({ wasmModule });
  model.dispose();
  return { build, network: { name: model.name }, times, memory: memorySize };
}

/**
 * A task begins with a run that has just been made, as the first explanation of a picture does.
 * @param {import('gradcam-wasm').Model} model
 * @param {Run[]} runs
 * @returns {Record<string, Task>}
 */
function tasksOf(model, runs) {
  /** @type {Run} */
  let run;
  const shape = [1, runs[0].input.height, runs[0].input.width, runs[0].input.channels];
  const fresh = async (/** @type {number} */ round) => {
    const { data } = runs[round % runs.length].input;
    run = await model.run({ data, shape });
  };
  const timed = (/** @type {() => unknown} */ task) => ({ before: fresh, run: task });
  const windows = { window: 64, stride: 32 };
  return {
    forward: { run: fresh },
    'gradCam, default layer': timed(() => run.explain()),
    'gradient methods, default layer': timed(() => run.explain({ method: GRADIENT })),
    'gradCam, all layers': timed(() => run.explain({ layer: 'all' })),
    'gradient methods, all layers': timed(() => run.explain({ method: GRADIENT, layer: 'all' })),
    'ablationCam, default layer, logits': timed(() =>
      run.explain({ method: 'ablationCam', logits: true }),
    ),
    'scoreCam, 64 channels': timed(() => run.explain({ method: 'scoreCam', channels: 64 })),
    saliency: timed(() => run.attribute({ method: 'saliency' })),
    'integratedGradients, 32 steps': timed(() =>
      run.attribute({ method: 'integratedGradients', steps: 32 }),
    ),
    'occlusion, 49 windows': timed(() => run.attribute({ method: 'occlusion', ...windows })),
    'occlusion, 49 windows, 2 workers': timed(() =>
      run.attribute({ method: 'occlusion', ...windows, workers: 2 }),
    ),
  };
}
