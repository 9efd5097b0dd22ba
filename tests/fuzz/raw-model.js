/** A model of the engine, driven by the functions of gradcam.h alone. */

/** @import { Engine } from '../../web/package/engine/engine.js' */

/** Bytes of an int32, of a float32 and of a pointer. */
const WORD = 4;
const MAX_RANK = 5;

const FUSED = 0;
/** GC_PLAN_UNFUSED */
export const UNFUSED = 1;

/** @typedef {{ map: Float32Array, norm: number }} RawMap */

export class RawModel {
  #engine;
  #pointer;

  /**
   * @param {Engine} engine
   * @param {string} config
   */
  constructor(engine, config) {
    this.#engine = engine;
    this.#pointer = engine.scratch((scratch) => {
      const json = new TextEncoder().encode(config);
      const model = scratch.alloc(WORD);
      engine.check('gc_model_create', model, scratch.copy(json), json.length);
      return engine.ints(model, 1)[0];
    });
  }

  dispose() {
    this.#engine.call('gc_model_destroy', this.#pointer);
  }

  /** @param {string} query @param {number} index */
  #shape(query, index) {
    return this.#engine.scratch((scratch) => {
      const dims = scratch.alloc(MAX_RANK * WORD);
      const rank = this.#engine.call(query, this.#pointer, index, dims);
      return this.#engine.ints(dims, rank);
    });
  }

  /** Paths and shapes of the weights. */
  get weights() {
    const count = this.#engine.call('gc_model_weight_count', this.#pointer);
    return Array.from({ length: count }, (_, i) => ({
      path: this.#engine.text(this.#engine.call('gc_model_weight_path', this.#pointer, i)),
      shape: this.#shape('gc_model_weight_shape', i),
    }));
  }

  /** @param {(path: string, shape: number[]) => Float32Array} values */
  setWeights(values) {
    for (const [i, { path, shape }] of this.weights.entries()) {
      const data = values(path, shape);
      this.#engine.scratch((scratch) => {
        const at = scratch.copy(data);
        this.#engine.check('gc_model_set_weight', this.#pointer, i, at, data.length);
      });
    }
  }

  /**
   * @param {number} height
   * @param {number} width
   * @param {number} [flags]
   */
  plan(height, width, flags = FUSED) {
    this.#engine.check('gc_model_plan', this.#pointer, height, width, flags);
  }

  /** @param {Float32Array} input */
  forward(input) {
    this.#engine.scratch((scratch) => {
      this.#engine.check('gc_model_forward', this.#pointer, scratch.copy(input), input.length);
    });
  }

  get classCount() {
    return this.#engine.call('gc_model_class_count', this.#pointer);
  }

  /** The logits of the last run. */
  logits() {
    const LOGIT = 1;
    return this.#engine.scratch((scratch) => {
      const at = scratch.alloc(this.classCount * WORD);
      this.#engine.check('gc_model_outputs', this.#pointer, LOGIT, at, this.classCount);
      return this.#engine.floats(at, this.classCount);
    });
  }

  /** Shapes of all layers. */
  shapes() {
    const count = this.#engine.call('gc_model_layer_count', this.#pointer);
    return Array.from({ length: count }, (_, layer) => this.#shape('gc_layer_shape', layer));
  }

  /** Class and path of a layer, for messages. @param {number} layer */
  nameOf(layer) {
    const text = (/** @type {string} */ query) =>
      this.#engine.text(this.#engine.call(query, this.#pointer, layer));
    return `${text('gc_layer_type')} ${text('gc_layer_path')}`;
  }

  /**
   * Explains the logit of a class at layers that have maps.
   * @param {number} method
   * @param {number} target
   * @param {number[]} layers
   * @returns {RawMap[]}
   */
  explain(method, target, layers) {
    const shapes = this.shapes();
    const sizes = layers.map((layer) => shapes[layer][0] * shapes[layer][1]);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    const seed = new Float32Array(this.classCount);
    seed[target] = 1;
    return this.#engine.scratch((scratch) => {
      const seeds = scratch.copy(seed);
      const indices = scratch.copy(Int32Array.from(layers));
      const [maps, norms] = [scratch.alloc(total * WORD), scratch.alloc(layers.length * WORD)];
      const how = [scratch.copy(Int32Array.of(method)), 1, 0];
      const list = [seeds, 1, 1, indices, layers.length, maps, total, norms];
      this.#engine.check('gc_model_explain', this.#pointer, ...how, ...list);
      const values = this.#engine.floats(maps, total);
      const norm = this.#engine.floats(norms, layers.length);
      let next = 0;
      return sizes.map((size, i) => ({
        map: values.subarray(next, (next += size)),
        norm: norm[i],
      }));
    });
  }
}
