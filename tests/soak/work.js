/** Long work with the package, in Node and in pages. Its memory must be flat. */

/**
 * How much is done.
 * @typedef {object} Amounts
 * @property {number} explanations
 * @property {number} loads each disposed of
 * @property {number} failures loads that fail
 * @property {number} crowds rounds of calls at the same time, with aborts and disposals at random
 */

/**
 * What is measured after a part of the work, in bytes.
 * @typedef {object} Sample
 * @property {string} part
 * @property {number} engine
 * @property {number} process the memory of the process or page, 0 if it is not known
 */

/** Samples of each kind of work. The first has what caches and compilers take once. */
const SAMPLES = 5;

/** The package. @typedef {typeof import('gradcam-wasm')} Package */

/**
 * A file with a small model: a convolution, a mean of the positions and a dense layer.
 * @param {object} [broken]
 * @param {string} [broken.layer] a class that takes the place of the convolution
 * @param {string} [broken.missing] name of a weight that is left out
 */
export function smallFile({ layer = 'Conv2D', missing } = {}) {
  const layers = [
    ['InputLayer', { name: 'input', batch_shape: [null, 16, 16, 3] }],
    [layer, { name: 'conv', filters: 4, kernel_size: [3, 3], activation: 'relu' }],
    ['GlobalAveragePooling2D', { name: 'mean' }],
    ['Dense', { name: 'dense', units: 3, activation: 'softmax' }],
  ].map(([className, config]) => ({ class_name: className, config }));
  const config = { class_name: 'Sequential', config: { name: 'small', layers } };
  const shapes = { 'conv/kernel': [3, 3, 3, 4], 'conv/bias': [4], 'dense/kernel': [4, 3] };
  /** @type {Record<string, unknown>} */
  const header = { __metadata__: { keras_config: JSON.stringify(config) } };
  let count = 0;
  for (const [name, shape] of Object.entries({ ...shapes, 'dense/bias': [3] })) {
    const size = shape.reduce((product, axis) => product * axis, 1);
    const offsets = [4 * count, 4 * (count + size)];
    if (name !== missing) header[name] = { dtype: 'F32', shape, data_offsets: offsets };
    count += size;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const values = Float32Array.from({ length: count }, (_, i) => (((i * 7) % 13) - 6) * 0.05);
  const bytes = new Uint8Array(8 + json.length + values.byteLength);
  new DataView(bytes.buffer).setUint32(0, json.length, true);
  bytes.set(json, 8);
  bytes.set(new Uint8Array(values.buffer), 8 + json.length);
  return bytes;
}

/**
 * @param {number} width
 * @param {number} height
 */
function pictureOf(width, height) {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let i = 0; i < data.length; i++) data[i] = (i * 37) % 256;
  return { data, width, height };
}

/** Numbers that look random and are the same in every run. */
function randomNumbers() {
  let state = 7;
  return (/** @type {number} */ limit) =>
    (state = (state * 1103515245 + 12345) % 2147483648) % limit;
}

/**
 * Does all the work.
 * @param {Package} gradcam
 * @param {Amounts} amounts
 * @param {object} host
 * @param {() => Promise<number>} host.memory bytes of the process or page, 0 if not known
 * @param {import('gradcam-wasm').WasmOptions} host.options
 * @returns {Promise<Sample[]>}
 */
export async function work(gradcam, amounts, { memory, options }) {
  const engine = await gradcam.init(options);
  const kept = await gradcam.loadModel(smallFile(), options);
  const explain = async () => {
    const run = await kept.run(pictureOf(16, 16));
    const { targets } = await run.explain({ targets: [0, 1, 2] });
    return targets.map(({ heatmap }) => heatmap.data.join()).join('\n');
  };
  const expected = await explain();
  /** @type {Sample[]} */
  const samples = [];
  const jobs = { explanations: explainOnce, loads: loadOnce, failures: failOnce, crowds: crowd };
  for (const [part, job] of Object.entries(jobs)) {
    const amount = amounts[/** @type {keyof Amounts} */ (part)];
    for (let i = 0; i < amount; i++) {
      await job(gradcam, kept, options, i);
      if ((i + 1) % Math.ceil(amount / SAMPLES) > 0 && i + 1 < amount) continue;
      samples.push({ part, engine: engine.memorySize, process: await memory() });
    }
  }
  if ((await explain()) !== expected) throw new Error('the results have changed');
  kept.dispose();
  samples.push({ part: 'disposed', engine: engine.memorySize, process: await memory() });
  return samples;
}

/** @typedef {import('gradcam-wasm').Model} Model */
/** @typedef {import('gradcam-wasm').WasmOptions} WasmOptions */

/**
 * @param {Package} gradcam
 * @param {Model} model
 * @param {WasmOptions} _
 * @param {number} i
 */
async function explainOnce(gradcam, model, _, i) {
  const isLarge = i % 500 === 499;
  const picture = isLarge ? pictureOf(2100, 2000) : pictureOf(16 + (i % 9), 16 + (i % 7));
  const interpolation = /** @type {const} */ (['nearest', 'bilinear', 'lanczos'])[i % 3];
  const run = await model.run(picture, { interpolation, image: isLarge ? picture : undefined });
  const explanation = await run.explain({ targets: [i % 3], logits: i % 5 === 0 });
  if (i % 4 === 3) gradcam.formatAsImage(explanation);
  if (i % 7 === 0) await fails(gradcam, () => run.explain({ targets: [99] }));
  if (i % 11 === 0) await fails(gradcam, () => model.run(new Uint8Array([1, 2, 3])));
}

/**
 * @param {Package} gradcam
 * @param {Model} _
 * @param {WasmOptions} options
 */
async function loadOnce(gradcam, _, options) {
  const model = await gradcam.loadModel(smallFile(), options);
  await (await model.run(pictureOf(100, 80))).explain();
  model.dispose();
}

/**
 * @param {Package} gradcam
 * @param {Model} _
 * @param {WasmOptions} options
 * @param {number} i
 */
async function failOnce(gradcam, _, options, i) {
  const whole = smallFile();
  const file = [
    whole.subarray(0, (i * 13) % whole.length),
    smallFile({ layer: 'NoSuchLayer' }),
    smallFile({ missing: 'dense/kernel' }),
    Uint8Array.from({ length: 100 + i }, (_value, k) => (k * i) % 256),
  ][i % 4];
  await fails(gradcam, () => gradcam.loadModel(file, options));
}

/**
 * A call that must fail, with an error of the package.
 * @param {Package} gradcam
 * @param {() => Promise<unknown>} call
 */
async function fails(gradcam, call) {
  const error = await call().then(
    () => new Error('the call has not failed'),
    (reason) => reason,
  );
  if (!(error instanceof gradcam.GradCamError)) throw error;
}

/**
 * Many calls on several models at the same time. Some are aborted, and some models disposed of.
 * @param {Package} gradcam
 * @param {Model} _
 * @param {WasmOptions} options
 * @param {number} round
 */
async function crowd(gradcam, _, options, round) {
  const random = randomNumbers();
  for (let i = 0; i < round; i++) random(2);
  const load = (/** @type {AbortSignal} */ signal) =>
    gradcam.loadModel(smallFile(), { ...options, signal });
  const models = await Promise.all(Array.from({ length: 4 }, () => load(neverAborted())));
  const calls = Array.from({ length: 24 }, async () => {
    const controller = new AbortController();
    const model = models[random(models.length)];
    if (random(4) === 0) setTimeout(() => controller.abort(), random(20));
    if (random(8) === 0) setTimeout(() => model.dispose(), random(20));
    const { signal } = controller;
    if (random(4) === 0) return (await load(signal)).dispose();
    const run = await model.run(pictureOf(64, 64), { signal });
    await run.explain({ targets: [0, 1, 2], signal });
  });
  for (const result of await Promise.allSettled(calls)) {
    if (result.status === 'fulfilled' || result.reason?.name === 'AbortError') continue;
    if (result.reason?.code !== 'DISPOSED') throw result.reason;
  }
  for (const model of models) model.dispose();
}

function neverAborted() {
  return new AbortController().signal;
}

/** How much the memory of a process may grow from the first sample of a kind to the last. */
const TOLERANCE = 32 * 2 ** 20;

/**
 * What is not flat. The engine's memory must not grow by a byte after the first sample of a kind of
 * work, and must be 0 at the end. The process may keep a little more, because it collects when it
 * wants.
 * @param {Sample[]} samples
 * @returns {string[]} sentences, none if the memory is flat
 */
export function findGrowth(samples) {
  const parts = [...new Set(samples.map(({ part }) => part))];
  return parts.flatMap((part) => {
    const own = samples.filter((sample) => sample.part === part);
    const [first, last] = [own[0], own[own.length - 1]];
    const least = Math.min(...own.map((sample) => sample.process).slice(1), Infinity);
    const problems = [];
    if (part === 'disposed' && last.engine > 0) problems.push('the engine keeps memory at the end');
    if (last.engine > first.engine) problems.push(`${part}: the engine has grown`);
    if (own.length > 1 && least > first.process + TOLERANCE) {
      problems.push(`${part}: the process has grown`);
    }
    return problems;
  });
}
