/** A model of the engine. It wraps the functions gc_model_* and gc_layer_* of gradcam.h. */

import { GradCamError } from '../base/errors.js';
import { Study } from './study.js';

/** @import { Engine } from './engine.js' */

/** The largest rank of a tensor, GC_MAX_RANK. */
const MAX_RANK = 5;
/** Bytes of an int32, of a float32 and of a pointer in wasm32. */
const WORD = 4;
/** Bytes of a double. */
const DOUBLE = 8;

/** Values of a weight that are copied at once. */
const VALUES_AT_ONCE = 2 ** 20;

/** Bytes that a byte of a configuration becomes when it is parsed. */
const PARSED = 16;

/**
 * A layer as the engine knows it.
 * @typedef {object} LayerInfo
 * @property {string} path names from outside to inside, joined by "/"
 * @property {string} type Keras class
 * @property {(number | null)[]} shape of the output in Keras' order, without the batch; null for an
 *   open size
 * @property {boolean} channelsFirst whether the shape begins with the channels
 * @property {number} params number of values in its weights
 * @property {number} trainableParams number of values that training would change
 * @property {number} parent index of the nested model that it is in, -1 at the top level
 * @property {number[]} inputs indices of the layers whose outputs it reads
 * @property {boolean} leads whether the head that is explained depends on its output
 */

/**
 * A preprocessed picture.
 * @typedef {object} Input
 * @property {Float32Array} data [height][width][channels]
 * @property {number} height
 * @property {number} width
 * @property {number} channels
 * @property {Float32Array[]} [further] the values of the model's further inputs, in their order
 */

/**
 * An input or an output of a model.
 * @typedef {object} End
 * @property {string} name
 * @property {(number | null)[]} shape without the batch; null for an open size
 */

/**
 * The map of one layer. The raw map stays in the engine unless it is wanted, because copying the
 * raw maps of all layers takes as long as the backward pass of some layers.
 * @typedef {object} LayerMap
 * @property {number} height
 * @property {number} width
 * @property {number} rawMin smallest value of the raw map
 * @property {number} rawMax
 * @property {Float32Array} heatmap [height][width], 0 .. 1
 * @property {number} weightsNorm Euclidean norm of what the method takes from the gradient
 * @property {Float32Array} [raw] [height][width], the raw map, signed and unscaled
 */

/** @typedef {{ height: number, width: number }} Size of a map */

/**
 * @typedef {object} ExplainFlags
 * @property {boolean} [eigenSmooth] whether a map is the first principal component of what its
 *   method sums over the channels
 * @property {boolean} [raw] whether the raw maps are wanted
 */

/** How many classes one call explains at most, GC_MAX_TARGETS. */
export const MAX_TARGETS = 8;
/** GC_EIGEN_SMOOTH */
const EIGEN_SMOOTH = 1;

/** What a run keeps, by the flags GC_PLAN_KEEP_... */
export const KEEP = { auto: 0, layers: 2, checkpoints: 4 };

/** Which value of a class is explained, as in the enum gc_output. */
export const SCORE = 0;
export const LOGIT = 1;

export class Network {
  #engine;
  #config;
  /** 0 after dispose() */
  #address;
  /** @type {{ height: number, width: number } | undefined} the input size that is planned */
  #planned;
  /** @type {keyof typeof KEEP} what a run keeps */
  keep = 'auto';
  /** @type {Map<string, number> | undefined} */
  #layerIndices;
  /** @type {Size[]} sizes of the maps of layers that were explained, by index of the layer */
  #sizes = [];
  /** @type {Input | undefined} the input whose activations the engine holds */
  #current;
  /** @type {string[] | undefined} names of the explanation methods, in the engine's order */
  #methods;
  /** Pointer to the buffer of the weight that writePart() sets. */
  #buffer = 0;
  /** @type {(() => void)[]} */
  #onDispose = [];

  /**
   * Builds the layer graph, which has no weights yet.
   * @param {Engine} engine
   * @param {string} config JSON of the architecture
   */
  constructor(engine, config) {
    this.#engine = engine;
    this.#config = config;
    const json = new TextEncoder().encode(config);
    const trial = engine.forBytes(json.length * PARSED);
    // What is refused must not leave the engine with a memory that it does not need.
    if (trial !== engine) trial.call('gc_model_destroy', create(trial, json));
    engine.retain();
    try {
      this.#address = create(engine, json);
    } catch (error) {
      engine.release();
      throw error;
    }
  }

  get engine() {
    return this.#engine;
  }

  get #pointer() {
    if (this.#address === 0) throw new GradCamError('DISPOSED', 'the model was disposed of');
    return this.#address;
  }

  get isDisposed() {
    return this.#address === 0;
  }

  dispose() {
    const pointer = this.#address;
    this.#address = 0;
    this.#current = undefined;
    if (pointer === 0) return;
    for (const listener of this.#onDispose) listener();
    this.#engine.release();
    if (this.#engine.isUsable) this.#engine.call('gc_model_destroy', pointer);
  }

  /** @param {() => void} listener called when the network is disposed of */
  onDispose(listener) {
    this.#onDispose.push(listener);
  }

  /** The model's own name. */
  get name() {
    return this.#engine.text(this.#engine.call('gc_model_name', this.#pointer));
  }

  get classCount() {
    return this.#engine.call('gc_model_class_count', this.#pointer);
  }

  /** The number of values in the output, one a class and position. */
  get outputCount() {
    return this.#engine.call('gc_model_output_count', this.#pointer);
  }

  /**
   * The inputs, of which the first takes the picture.
   * @returns {End[]}
   */
  get inputs() {
    return this.#ends('gc_model_input_count', 'gc_input_name', 'gc_input_shape');
  }

  /** The outputs, of which one is explained. `channelsFirst` says where their channels are. */
  get heads() {
    return this.#ends('gc_model_head_count', 'gc_head_name', 'gc_head_shape').map((end, i) => ({
      ...end,
      channelsFirst: this.#engine.call('gc_head_channels_first', this.#pointer, i) !== 0,
    }));
  }

  /**
   * @param {'gc_model_input_count' | 'gc_model_head_count'} count
   * @param {'gc_input_name' | 'gc_head_name'} name
   * @param {'gc_input_shape' | 'gc_head_shape'} shape
   * @returns {End[]}
   */
  #ends(count, name, shape) {
    return Array.from({ length: this.#engine.call(count, this.#pointer) }, (_, i) => ({
      name: this.#engine.text(this.#engine.call(name, this.#pointer, i)),
      shape: this.#shape(shape, i).map(openToNull),
    }));
  }

  /** The number of ReLUs between the picture and the output. */
  get reluCount() {
    return this.#engine.call('gc_model_relu_count', this.#pointer);
  }

  /** Index of the head that is explained. */
  get head() {
    return this.#engine.call('gc_model_head', this.#pointer);
  }

  /**
   * Chooses the head that is explained, before the network is planned.
   * @param {number} index
   */
  selectHead(index) {
    this.#engine.check('gc_model_select_head', this.#pointer, index);
  }

  /** Bytes that the model holds now. */
  get memory() {
    return this.#engine.call('gc_model_memory', this.#pointer) >>> 0;
  }

  /**
   * Height, width and channels of the picture. A size that the configuration leaves open is null.
   */
  get pictureShape() {
    return this.#engine.scratch((scratch) => {
      const dims = scratch.alloc(3 * WORD);
      this.#engine.call('gc_model_input_shape', this.#pointer, dims);
      return this.#engine.ints(dims, 3).map(openToNull);
    });
  }

  /** Does Keras have the input's channels first? */
  get channelsFirst() {
    return this.#engine.call('gc_model_channels_first', this.#pointer) !== 0;
  }

  /** @returns {LayerInfo[]} */
  get layers() {
    const count = this.#engine.call('gc_model_layer_count', this.#pointer);
    return Array.from({ length: count }, (_, layer) => this.#layer(layer));
  }

  /**
   * @param {number} layer
   * @returns {LayerInfo}
   */
  #layer(layer) {
    const engine = this.#engine;
    const model = this.#pointer;
    const inputs = engine.call('gc_layer_input_count', model, layer);
    return {
      path: engine.text(engine.call('gc_layer_path', model, layer)),
      type: engine.text(engine.call('gc_layer_type', model, layer)),
      shape: this.#shape('gc_layer_shape', layer).map(openToNull),
      channelsFirst: this.#hasChannelsFirst(layer),
      params: engine.call('gc_layer_params', model, layer),
      trainableParams: engine.call('gc_layer_trainable_params', model, layer),
      parent: engine.call('gc_layer_parent', model, layer),
      leads: engine.call('gc_layer_leads', model, layer) !== 0,
      inputs: Array.from({ length: inputs }, (_, i) =>
        engine.call('gc_layer_input', model, layer, i),
      ),
    };
  }

  /**
   * @param {'gc_layer_shape' | 'gc_model_weight_shape' | 'gc_input_shape' | 'gc_head_shape'} query
   * @param {number} index of a layer, weight, input or head
   */
  #shape(query, index) {
    return this.#engine.scratch((scratch) => {
      const dims = scratch.alloc(MAX_RANK * WORD);
      const rank = this.#engine.call(query, this.#pointer, index, dims);
      return this.#engine.ints(dims, rank);
    });
  }

  /**
   * The index that a call writes for a name.
   * @param {'gc_model_find_weight' | 'gc_model_find_layer'} query
   * @param {string} name
   */
  #find(query, name) {
    return this.#engine.scratch((scratch) => {
      const index = scratch.alloc(WORD);
      this.#engine.check(query, this.#pointer, scratch.copy(name), index);
      return this.#engine.ints(index, 1)[0];
    });
  }

  /**
   * Index of the weight with a name in a file, -1 if the model has no weight of this name.
   * @param {string} name
   */
  findWeight(name) {
    return this.#find('gc_model_find_weight', name);
  }

  /** Number of weight arrays. */
  get weightCount() {
    return this.#engine.call('gc_model_weight_count', this.#pointer);
  }

  /**
   * The path of a weight, "base/Conv1/kernel".
   * @param {number} index of a weight
   */
  weightPath(index) {
    return this.#engine.text(this.#engine.call('gc_model_weight_path', this.#pointer, index));
  }

  /** @param {number} index of a weight */
  weightShape(index) {
    return this.#shape('gc_model_weight_shape', index);
  }

  /**
   * @param {number} index of a weight
   * @param {Float32Array} values
   */
  setWeight(index, values) {
    this.writeWeight(index, this.weightBuffer(index, values.length), 0, values);
  }

  /**
   * Allocates the buffer of a weight, which writeWeight fills.
   * @param {number} index of a weight
   * @param {number} count of its values
   * @returns {number} pointer
   */
  weightBuffer(index, count) {
    return this.#engine.scratch((scratch) => {
      const buffer = scratch.alloc(WORD);
      this.#engine.check('gc_model_weight_buffer', this.#pointer, index, count, buffer);
      return this.#engine.ints(buffer, 1)[0];
    });
  }

  /**
   * Copies values of a weight into its buffer.
   * @param {number} index of a weight
   * @param {number} pointer to the buffer
   * @param {number} first index of the first value
   * @param {Float32Array} values that may be in the buffer already
   */
  writeWeight(index, pointer, first, values) {
    const { buffer, byteOffset, byteLength } = values;
    const bytes = this.#engine.view(pointer + first * WORD, byteLength);
    const isThere = buffer === bytes.buffer && byteOffset === bytes.byteOffset;
    if (!isThere) bytes.set(new Uint8Array(buffer, byteOffset, byteLength));
    this.#engine.check('gc_model_check_weight', this.#pointer, index, values.length);
  }

  /**
   * A second network of this architecture, which has no weights yet and is to be disposed of.
   */
  twin() {
    // This one may have been disposed of. Then there must be no other.
    const { head } = this;
    const twin = new Network(this.#engine, this.#config);
    twin.selectHead(head);
    twin.keep = this.keep;
    return twin;
  }

  /** What makes this network again, with readWeight(), in an instance of the same module. */
  get recipe() {
    return { module: this.#engine.module, config: this.#config, head: this.head };
  }

  /**
   * Copies of the values of a weight, in parts, so that large weights need no second buffer.
   * @param {number} index of the weight
   * @returns {Generator<{ first: number, values: Float32Array<ArrayBuffer> }>} `first`: the index
   *   of the part's first value
   */
  *readWeight(index) {
    const count = this.#weightSize(index);
    for (let first = 0; first < count; first += VALUES_AT_ONCE) {
      const values = this.#readPart(index, first, Math.min(VALUES_AT_ONCE, count - first));
      if (values.length === 0) return; // Nothing reads the weight.
      yield { first, values };
    }
  }

  /**
   * @param {number} index of a weight
   * @param {number} first value
   * @param {number} count
   */
  #readPart(index, first, count) {
    return this.#engine.scratch((scratch) => {
      const values = scratch.alloc(count * WORD);
      const read = this.#engine.call(
        'gc_model_read_weight',
        this.#pointer,
        index,
        first,
        count,
        values,
      );
      return this.#engine.floats(values, read);
    });
  }

  /** @param {number} index of a weight */
  #weightSize(index) {
    return this.weightShape(index).reduce((product, axis) => product * axis, 1);
  }

  /**
   * Sets values of a weight, part by part, as readWeight() gives them.
   * @param {number} index of the weight
   * @param {number} first index of the first value
   * @param {Float32Array} values
   */
  writePart(index, first, values) {
    if (first === 0) this.#buffer = this.weightBuffer(index, this.#weightSize(index));
    this.writeWeight(index, this.#buffer, first, values);
  }

  /**
   * Gives a weight the values that it has in another network.
   * @param {Network} from a network of the same architecture
   * @param {number} index of the weight
   * @param {(values: Float32Array, first: number) => void} alter changes values, of which the first
   *   has the index `first`
   * @returns {Generator<void>} yields after each part
   */
  *copyWeight(from, index, alter) {
    for (const { first, values } of from.readWeight(index)) {
      alter(values, first);
      this.writePart(index, first, values);
      yield;
    }
  }

  /** @param {string} name */
  findLayer(name) {
    return this.#find('gc_model_find_layer', name);
  }

  /**
   * Indices of all layers by their paths. The map is made once, and is faster than many searches.
   */
  get layerIndices() {
    if (this.#layerIndices === undefined) {
      const count = this.#engine.call('gc_model_layer_count', this.#pointer);
      this.#layerIndices = new Map(Array.from({ length: count }, (_, i) => [this.layerPath(i), i]));
    }
    return this.#layerIndices;
  }

  /** @param {number} layer index */
  layerPath(layer) {
    return this.#engine.text(this.#engine.call('gc_layer_path', this.#pointer, layer));
  }

  /** Index of the layer that is explained by default, -1 if there is none. */
  get defaultLayer() {
    return this.#engine.call('gc_model_default_layer', this.#pointer);
  }

  /**
   * Prepares the network for a size of input.
   * @param {number} height
   * @param {number} width
   */
  plan(height, width) {
    if (this.#planned?.height === height && this.#planned.width === width) return;
    for (const part of this.planInParts(height, width)) void part;
  }

  /**
   * Does the same in parts, so that the caller can do other work between them.
   * @param {number} height
   * @param {number} width
   * @returns {Generator<number>} how many parts are left, 0 at the end
   */
  *planInParts(height, width) {
    this.#current = undefined;
    this.#planned = undefined;
    this.#sizes = [];
    this.#engine.check('gc_model_plan_start', this.#pointer, height, width, KEEP[this.keep]);
    for (let left = this.#planNext(); left > 0; left = this.#planNext()) yield left;
    this.#planned = { height, width };
    yield 0;
  }

  #planNext() {
    return this.#engine.scratch((scratch) => {
      const left = scratch.alloc(WORD);
      this.#engine.check('gc_model_plan_next', this.#pointer, left);
      return this.#engine.ints(left, 1)[0];
    });
  }

  /**
   * Runs the network, unless the engine holds the activations of this input already.
   * @param {Input} input
   */
  forward(input) {
    if (this.#current === input) return;
    this.plan(input.height, input.width);
    this.#current = undefined;
    input.further?.forEach((values, i) => this.#setInput(i + 1, values));
    this.#engine.scratch((scratch) => {
      const data = scratch.copy(input.data);
      this.#engine.check('gc_model_forward', this.#pointer, data, input.data.length);
    });
    this.#current = input;
  }

  /**
   * Says that gradients of this input will be asked for. If a run on it is still to come, the run
   * keeps what they need at once.
   * @param {Input} input
   */
  expectGradients(input) {
    if (this.#current === input) return;
    this.plan(input.height, input.width);
    this.#engine.call('gc_model_expect_gradients', this.#pointer);
  }

  /**
   * The steps of a run, each with the indices of the layers that it computes. Fusion makes one step
   * of several layers. Nested models are not among the layers.
   * @param {Input} input
   * @returns {number[][]}
   */
  steps(input) {
    this.forward(input);
    const count = this.#engine.call('gc_model_step_count', this.#pointer);
    return Array.from({ length: count }, (_, step) => {
      const layers = new Set();
      for (let i = 0; ; i++) {
        const layer = this.#engine.call('gc_step_layer', this.#pointer, step, i);
        if (layer < 0) return [...layers];
        layers.add(layer);
      }
    });
  }

  /**
   * Runs a step again, whose values stay as they are. Measuring its time is the reason.
   * @param {Input} input
   * @param {number} step
   */
  repeatStep(input, step) {
    this.forward(input);
    this.#engine.check('gc_model_step', this.#pointer, step);
  }

  /**
   * @param {number} index of a further input
   * @param {Float32Array} values
   */
  #setInput(index, values) {
    this.#engine.scratch((scratch) => {
      const data = scratch.copy(values);
      this.#engine.check('gc_model_set_input', this.#pointer, index, data, values.length);
    });
  }

  /**
   * Begins a study of changes of an input, to be disposed of.
   * @param {Input} input
   * @param {number} output SCORE or LOGIT
   * @param {Float32Array} seed one value a class
   */
  study(input, output, seed) {
    this.forward(input);
    const address = this.#engine.scratch((scratch) => {
      const study = scratch.alloc(WORD);
      const given = [output, scratch.copy(seed), seed.length];
      this.#engine.check('gc_study_create', study, this.#pointer, ...given);
      return this.#engine.ints(study, 1)[0];
    });
    return new Study(this.#engine, this, address, { input, output, seed });
  }

  /**
   * Runs on what a study made of its input.
   * @template T
   * @param {Input} input stands for what the engine holds afterwards
   * @param {() => T} run
   */
  runChanged(input, run) {
    this.plan(input.height, input.width);
    this.#current = undefined;
    input.further?.forEach((values, i) => this.#setInput(i + 1, values));
    const result = run();
    this.#current = input;
    return result;
  }

  /**
   * The output or the logits of an input, [positions][classes].
   * @param {Input} input
   * @param {number} output SCORE or LOGIT
   * @returns {Float32Array}
   */
  outputs(input, output) {
    this.forward(input);
    const count = this.outputCount;
    return this.#engine.scratch((scratch) => {
      const values = scratch.alloc(count * WORD);
      this.#engine.check('gc_model_outputs', this.#pointer, output, values, count);
      return this.#engine.floats(values, count);
    });
  }

  /**
   * How many classes one backward pass to these layers can serve, 1 to MAX_TARGETS.
   * @param {Input} input
   * @param {number[]} layers indices
   */
  sharedTargets(input, layers) {
    this.forward(input);
    return this.#engine.scratch((scratch) => {
      const indices = scratch.copy(Int32Array.from(layers));
      const count = scratch.alloc(WORD);
      this.#engine.check('gc_model_shared_targets', this.#pointer, indices, layers.length, count);
      return this.#engine.ints(count, 1)[0];
    });
  }

  /** Names of the engine's explanation methods, in its order. */
  get methods() {
    if (this.#methods === undefined) {
      this.#methods = [];
      for (;;) {
        const name = this.#engine.call('gc_method_name', this.#methods.length);
        if (name === 0) break;
        this.#methods.push(this.#engine.text(name));
      }
    }
    return this.#methods;
  }

  /**
   * Maps at any number of layers, of all methods from one backward pass.
   * @param {string[]} methods names, 1 to MAX_METHODS
   * @param {Input} input
   * @param {Float32Array[]} seeds what is differentiated, a weight for each class; 1 to
   *   MAX_TARGETS
   * @param {number} output SCORE or LOGIT
   * @param {number[]} layers indices
   * @param {ExplainFlags} [flags]
   * @returns {LayerMap[][][]} for each method and seed, in the order of `layers`
   */
  explain(
    methods,
    input,
    seeds,
    output,
    layers,
    { eigenSmooth = false, raw: keepsRaw = false } = {},
  ) {
    this.forward(input);
    const shapes = layers.map((layer) => (this.#sizes[layer] ??= this.#positions(layer)));
    const sizes = shapes.map(({ height, width }) => height * width);
    const each = sizes.reduce((sum, size) => sum + size, 0);
    const turns = methods.length * seeds.length;
    const [count, maps] = [turns * each, turns * layers.length];
    const engine = this.#engine;
    return engine.scratch((scratch) => {
      const weights = scratch.copy(concatenate(seeds));
      const indices = scratch.copy(Int32Array.from(layers));
      const raw = scratch.alloc(count * WORD);
      const norms = scratch.alloc(maps * WORD);
      const names = scratch.copy(Int32Array.from(methods, (name) => this.methods.indexOf(name)));
      const how = [names, methods.length, eigenSmooth ? EIGEN_SMOOTH : 0];
      const given = [...how, weights, seeds.length, output, indices, layers.length];
      engine.check('gc_model_explain', this.#pointer, ...given, raw, count, norms);
      const kept = keepsRaw ? engine.floats(raw, count) : undefined;
      const ranges = scratch.alloc(2 * maps * WORD);
      const allSizes = scratch.copy(
        Int32Array.from({ length: maps }, (_, i) => sizes[i % sizes.length]),
      );
      engine.call('gc_heatmaps', raw, ranges, allSizes, maps);
      const read = this.#readMaps(turns, shapes, { raw, norms, ranges }, kept);
      return methods.map((_, i) => read.slice(i * seeds.length, (i + 1) * seeds.length));
    });
  }

  /**
   * @param {number} turns methods times seeds
   * @param {Size[]} shapes of the layers' maps
   * @param {{ raw: number, norms: number, ranges: number }} pointers
   * @param {Float32Array} [kept] the raw maps, if they are wanted
   * @returns {LayerMap[][]}
   */
  #readMaps(turns, shapes, { raw, norms, ranges }, kept) {
    const engine = this.#engine;
    const weightsNorms = engine.floats(norms, turns * shapes.length);
    const bounds = engine.floats(ranges, 2 * turns * shapes.length);
    let [next, map] = [raw, 0];
    const read = (/** @type {Size} */ { height, width }) => {
      const heatmap = engine.floats(next, height * width);
      const [rawMin, rawMax] = [bounds[2 * map], bounds[2 * map + 1]];
      const weightsNorm = weightsNorms[map++];
      const first = (next - raw) / WORD;
      next += height * width * WORD;
      const ofLayer = kept?.slice(first, first + height * width);
      return { height, width, rawMin, rawMax, heatmap, weightsNorm, raw: ofLayer };
    };
    return Array.from({ length: turns }, () => shapes.map(read));
  }

  /**
   * The number of channels of a layer in which positive and negative values cancel, as the last
   * explanation by a method that divides by the channels' sums found it.
   * @param {number} layer index
   */
  cancelledChannels(layer) {
    return this.#engine.scratch((scratch) => {
      const count = scratch.alloc(WORD);
      this.#engine.check('gc_model_cancelled_channels', this.#pointer, layer, count);
      return this.#engine.ints(count, 1)[0];
    });
  }

  /**
   * A layer's output.
   * @param {Input} input
   * @param {number} layer index
   * @returns {Float32Array}
   */
  activation(input, layer) {
    this.forward(input);
    const count = this.#size(layer);
    return this.#engine.scratch((scratch) => {
      const values = scratch.alloc(count * WORD);
      this.#engine.check('gc_model_activation', this.#pointer, layer, values, count);
      return this.#engine.floats(values, count);
    });
  }

  /**
   * A layer's output as planes, one a channel, where its map has rows and columns.
   * @param {Input} input
   * @param {number} layer index
   * @returns {{ height: number, width: number, count: number,
   *   plane: (channel: number) => Float32Array }}
   */
  planes(input, layer) {
    const { height, width, first } = this.#positions(layer);
    const values = this.activation(input, layer);
    const shape = this.#shape('gc_layer_shape', layer);
    const channelsFirst = this.#hasChannelsFirst(layer);
    const count = shape[channelsFirst ? 0 : shape.length - 1];
    const total = values.length / count;
    const [step, next] = channelsFirst ? [1, total] : [count, 1];
    const plane = (/** @type {number} */ channel) =>
      new Float32Array(height * width).map((_, i) => values[(first + i) * step + channel * next]);
    return { height, width, count, plane };
  }

  /**
   * A raw map with its heat map.
   * @param {Float32Array} raw [height][width]
   * @param {Size} size
   * @param {number} weightsNorm
   * @returns {LayerMap}
   */
  toMap(raw, { height, width }, weightsNorm) {
    return this.#engine.scratch((scratch) => {
      const at = scratch.block({ ranges: 2 * WORD, raw, sizes: Int32Array.of(raw.length) });
      this.#engine.call('gc_heatmaps', at.raw, at.ranges, at.sizes, 1);
      const [rawMin, rawMax] = this.#engine.floats(at.ranges, 2);
      const heatmap = this.#engine.floats(at.raw, raw.length);
      return { height, width, rawMin, rawMax, heatmap, weightsNorm };
    });
  }

  /**
   * Whether explain() gives Ablation-CAM of a layer. Everything after it is linear then, and its
   * map has all positions of its output.
   * @param {Input} input
   * @param {number} output SCORE or LOGIT
   * @param {number} layer index
   */
  ablatesAtOnce(input, output, layer) {
    return this.isLinearAfter(input, output, layer) && this.#positions(layer).first === 0;
  }

  /**
   * Whether everything from a layer to the output is linear.
   * @param {Input} input
   * @param {number} output SCORE or LOGIT
   * @param {number} layer index
   */
  isLinearAfter(input, output, layer) {
    this.forward(input);
    return this.#engine.scratch((scratch) => {
      const linear = scratch.alloc(WORD);
      this.#engine.check('gc_model_is_linear_after', this.#pointer, output, layer, linear);
      return this.#engine.ints(linear, 1)[0] !== 0;
    });
  }

  /**
   * The sum over classes of seed * output, without a channel of a layer.
   * @param {Input} input
   * @param {number} output SCORE or LOGIT
   * @param {Float32Array} seed one value a class
   * @param {number} layer index
   * @param {number[]} channels each of which is left out once; -1 leaves out none
   * @returns {number[]}
   */
  ablate(input, output, seed, layer, channels) {
    this.forward(input);
    return this.#engine.scratch((scratch) => {
      const scores = scratch.alloc(channels.length * DOUBLE);
      const given = [output, scratch.copy(seed), seed.length, layer];
      const asked = [scratch.copy(Int32Array.from(channels)), channels.length, scores];
      this.#engine.check('gc_model_ablate', this.#pointer, ...given, ...asked);
      return Array.from(this.#engine.doubles(scores, channels.length));
    });
  }

  /**
   * Gradients of the sum over classes of seed * output, with regard to the outputs of layers.
   * @param {Input} input
   * @param {number} output SCORE or LOGIT
   * @param {Float32Array} seed one value a class
   * @param {number[]} layers indices
   * @returns {Float32Array[]} in the order of `layers`
   */
  gradients(input, output, seed, layers) {
    this.forward(input);
    const counts = layers.map((layer) => this.#size(layer));
    const total = counts.reduce((sum, count) => sum + count, 0);
    const engine = this.#engine;
    return engine.scratch((scratch) => {
      const indices = scratch.copy(Int32Array.from(layers));
      const values = scratch.alloc(total * WORD);
      const given = [output, scratch.copy(seed), seed.length, indices, layers.length];
      engine.check('gc_model_gradients', this.#pointer, ...given, values, total);
      let next = values;
      return counts.map((count) => {
        const gradient = engine.floats(next, count);
        next += count * WORD;
        return gradient;
      });
    });
  }

  /**
   * Where the gradients of all values of a layer are zero, as gradients() gives them.
   * @param {Input} input
   * @param {number} output SCORE or LOGIT
   * @param {Float32Array[]} seeds 1 to MAX_TARGETS
   * @param {number[]} layers indices
   * @returns {boolean[][]} for each seed, in the order of `layers`
   */
  zeroGradients(input, output, seeds, layers) {
    this.forward(input);
    const engine = this.#engine;
    return engine.scratch((scratch) => {
      const indices = scratch.copy(Int32Array.from(layers));
      const zero = scratch.alloc(seeds.length * layers.length);
      const given = [output, scratch.copy(concatenate(seeds)), seeds.length];
      const to = [indices, layers.length, zero];
      engine.check('gc_model_zero_gradients', this.#pointer, ...given, ...to);
      const bytes = engine.view(zero, seeds.length * layers.length);
      return seeds.map((_, i) =>
        Array.from(bytes.subarray(i * layers.length, (i + 1) * layers.length), Boolean),
      );
    });
  }

  /**
   * Index of the first layer whose output holds a number that is not finite, -1 if there is none.
   * @param {Input} input
   */
  findNotFinite(input) {
    this.forward(input);
    return this.#engine.scratch((scratch) => {
      const layer = scratch.alloc(WORD);
      this.#engine.check('gc_model_find_not_finite', this.#pointer, layer);
      return this.#engine.ints(layer, 1)[0];
    });
  }

  /**
   * The number of values in a layer's output.
   * @param {number} layer index
   */
  #size(layer) {
    return this.#shape('gc_layer_shape', layer).reduce((product, axis) => product * axis, 1);
  }

  /** @param {number} layer */
  #hasChannelsFirst(layer) {
    return this.#engine.call('gc_layer_channels_first', this.#pointer, layer) !== 0;
  }

  /**
   * Rows and columns of a layer's map. If it has none, the engine will refuse it.
   * @param {number} layer
   */
  #positions(layer) {
    return this.#engine.scratch((scratch) => {
      const dims = scratch.alloc(2 * WORD);
      const found = this.#engine.call('gc_layer_map', this.#pointer, layer, dims);
      const [height, width] = found < 0 ? [0, 0] : this.#engine.ints(dims, 2);
      return { height, width, first: Math.max(found, 0) };
    });
  }
}

/**
 * @param {Engine} engine
 * @param {Uint8Array} json of the architecture
 * @returns {number} the model's address
 */
function create(engine, json) {
  return engine.scratch((scratch) => {
    const model = scratch.alloc(WORD);
    engine.check('gc_model_create', model, scratch.copy(json), json.length);
    return engine.ints(model, 1)[0];
  });
}

/** @param {number} axis */
function openToNull(axis) {
  return axis === 0 ? null : axis;
}

/** @param {Float32Array[]} arrays of one length */
function concatenate(arrays) {
  const all = new Float32Array(arrays.length * arrays[0].length);
  arrays.forEach((array, i) => all.set(array, i * array.length));
  return all;
}
