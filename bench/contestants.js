/** The engines that are compared, behind one shape. Runs in Node and in a page alike. */

import { toOnnx } from './onnx.js';
import { toTfjs } from './tfjs.js';

/** @typedef {import('./network.js').Step} Step */
/** @typedef {{ data: Float32Array, shape: number[] }} Tensor a picture as the network takes it */

/**
 * @typedef {object} Contestant
 * @property {string} name
 * @property {(picture: number) => Promise<Float32Array>} forward scores of one of the pictures
 */

/**
 * Where the peers' files are, as the host addresses them.
 * @typedef {object} PeerFiles
 * @property {string} ort the module of onnxruntime-web
 * @property {string} ortFolder where its wasm is
 * @property {string} tfjs the module of tfjs
 * @property {string} tfjsFolder
 */

/**
 * @param {string} name
 * @param {import('gradcam-wasm').Model} model
 * @param {Tensor[]} pictures
 * @returns {Contestant}
 */
export function ours(name, model, pictures) {
  return { name, forward: async (i) => (await model.run(pictures[i])).predictions };
}

/**
 * @param {PeerFiles} files
 * @param {Step[]} steps
 * @param {Tensor[]} pictures
 */
export function onnxRuntime(files, steps, pictures) {
  return onnxRuntimeOf(files, toOnnx(steps), pictures);
}

/**
 * onnxruntime-web, WebAssembly, one thread, with all of its graph optimisations.
 * @param {PeerFiles} files
 * @param {Uint8Array} network an ONNX file
 * @param {Tensor[]} pictures
 * @returns {Promise<Contestant & { dispose: () => Promise<void> }>}
 */
export async function onnxRuntimeOf({ ort: url, ortFolder }, network, pictures) {
  const module = await import(url);
  const ort = module.default ?? module;
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = ortFolder;
  const options = { executionProviders: ['wasm'], graphOptimizationLevel: 'all' };
  const session = await ort.InferenceSession.create(network, options);
  const inputs = pictures.map(({ data, shape: [, rows, columns, channels] }) => {
    const planes = channelsFirst(data, channels);
    return new ort.Tensor('float32', planes, [1, channels, rows, columns]);
  });
  return {
    name: 'onnxruntime-web',
    forward: async (i) => (await session.run({ input: inputs[i] })).output.data,
    dispose: () => session.release(),
  };
}

/**
 * @param {Float32Array} data [positions][channels]
 * @param {number} channels
 */
function channelsFirst(data, channels) {
  const positions = data.length / channels;
  return Float32Array.from(
    data,
    (_, i) => data[(i % positions) * channels + Math.floor(i / positions)],
  );
}

/**
 * tfjs on its WebAssembly backend, one thread.
 * @param {PeerFiles} files
 */
export async function startTfjs({ tfjs: url, tfjsFolder }) {
  const tf = await import(url);
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  tf.setWasmPaths(tfjsFolder);
  if (!(await tf.setBackend('wasm'))) throw new Error('the wasm backend of tfjs does not start');
  return tf;
}

/**
 * tfjs with what Keras users load into it: the layers model.
 * @param {any} tf
 * @param {import('./network.js').Source} source
 * @param {Tensor[]} pictures
 * @returns {Promise<Contestant>}
 */
export async function tfjsLayers(tf, source, pictures) {
  const model = await tf.loadLayersModel(tf.io.fromMemory(toTfjs(source)));
  const inputs = pictures.map(({ data, shape }) => tf.tensor(data, shape));
  const run = (/** @type {number} */ i) => model.predict(inputs[i]);
  return { name: 'tfjs-wasm, layers model', forward: async (i) => scoresOf(run(i)) };
}

/**
 * tfjs at its best: its fused operators, called one by one.
 * @param {any} tf
 * @param {Step[]} steps
 * @param {Tensor[]} pictures
 * @returns {Contestant}
 */
export function tfjsFused(tf, steps, pictures) {
  const arrays = steps.map(({ kernel, bias }) => ({
    kernel: kernel && tf.tensor(kernel.data, kernel.dims),
    bias: bias && tf.tensor1d(bias),
  }));
  const inputs = pictures.map(({ data, shape }) => tf.tensor(data, shape));
  const run = (/** @type {number} */ i) => tf.tidy(() => runTfjs(tf, steps, arrays, inputs[i]));
  return { name: 'tfjs-wasm, fused operators', forward: async (i) => scoresOf(run(i)) };
}

/** @param {any} output a tensor of tfjs */
async function scoresOf(output) {
  const scores = await output.data();
  output.dispose();
  return scores;
}

/**
 * @param {any} tf
 * @param {Step[]} steps
 * @param {{ kernel: any, bias: any }[]} arrays
 * @param {any} input
 */
function runTfjs(tf, steps, arrays, input) {
  /** @type {any[]} */
  const values = [];
  for (const [i, step] of steps.entries()) {
    const [x, y] = step.inputs.map((index) => values[index]);
    values[i] = step.op === 'input' ? input : tfjsStep(tf, step, arrays[i], x, y);
  }
  return values.at(-1);
}

/**
 * @param {any} tf
 * @param {Step} step
 * @param {{ kernel: any, bias: any }} arrays
 * @param {any} x
 * @param {any} y
 */
function tfjsStep(tf, step, { kernel, bias }, x, y) {
  const { op, strides, padding: [top, bottom, left, right] = [0, 0, 0, 0] } = step;
  const isPadded = top + bottom + left + right > 0;
  const sides = [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ];
  const fused = { x, filter: kernel, strides, pad: isPadded ? sides : 'valid', bias };
  const activation = step.max === undefined ? 'linear' : step.max === 6 ? 'relu6' : 'relu';
  if (op === 'conv') return tf.fused.conv2d({ ...fused, activation });
  if (op === 'depthwise') return tf.fused.depthwiseConv2d({ ...fused, activation });
  if (op === 'add') return tf.add(x, y);
  if (op === 'pool') return tf.mean(x, [1, 2]);
  const logits = tf.fused.matMul({ a: x, b: kernel, bias });
  return step.softmax ? tf.softmax(logits) : logits;
}
