/**
 * A study changes the input of a run, runs the network on it and adds up what the network gives. It
 * wraps the functions gc_study_* of gradcam.h. Attributions of the input and metrics of maps are
 * loops over its steps.
 */

import { GradCamError } from '../base/errors.js';

/** @import { Engine } from './engine.js' */
/** @import { Input, Network } from './network.js' */

/** Bytes of a float32, of a pointer and of a double. */
const WORD = 4;
const DOUBLE = 8;

/** Kinds of noise, as in the enum gc_noise. */
export const BELL = 0;
export const UNIFORM = 1;

/** Kinds of sums, as in the enum gc_sums. */
const GRADIENTS = 0;
const SQUARES = 1;
const MASKS = 2;
const MASK_TOTALS = 3;
const VARIANCES = 4;

/**
 * How a map becomes a mask.
 * @typedef {object} MaskSize
 * @property {number} height rows of the map
 * @property {number} width
 * @property {number} [fullHeight] rows to which it is resized (default: the input's)
 * @property {number} [fullWidth]
 * @property {number} [top] the row at which the mask begins (default 0)
 * @property {number} [left]
 */

/**
 * What makes a study.
 * @typedef {object} StudyRecipe
 * @property {Input} input that the engine holds now
 * @property {number} output SCORE or LOGIT
 * @property {Float32Array} seed one value a class
 * @property {Float32Array} [baseline] where there is one
 */

/**
 * A change of the input as plain data: the name of a method of Study, and its arguments.
 * @typedef {['cover', Window] | ['mask', Float32Array, MaskSize]} Change
 */

/** @typedef {{ top: number, left: number, height: number, width: number }} Window */

export class Study {
  #engine;
  #network;
  #input;
  /** 0 after dispose() */
  #address;

  /**
   * @param {Engine} engine
   * @param {Network} network
   * @param {number} address of the study
   * @param {StudyRecipe} recipe of the same study in another network
   */
  constructor(engine, network, address, recipe) {
    this.#engine = engine;
    this.#network = network;
    this.#input = recipe.input;
    this.#address = address;
    this.recipe = recipe;
    engine.retain();
  }

  get network() {
    return this.#network;
  }

  get #pointer() {
    if (this.#address === 0) throw new GradCamError('DISPOSED', 'the study was disposed of');
    if (this.#network.isDisposed) throw new GradCamError('DISPOSED', 'the model was disposed of');
    return this.#address;
  }

  /**
   * Sets the input without content from which mix() and mask() begin. It is 0 at first.
   * @param {Float32Array} values [height][width][channels]
   */
  setBaseline(values) {
    this.#engine.scratch((scratch) => {
      const data = scratch.copy(values);
      this.#engine.check('gc_study_set_baseline', this.#pointer, data, values.length);
    });
    this.recipe.baseline = values;
  }

  /** Takes back the changes. The network's run on the input itself counts as the study's. */
  unchanged() {
    const pointer = this.#pointer;
    this.#network.forward(this.#input);
    this.#engine.check('gc_study_unchanged', pointer);
  }

  /** @param {number} share of the input, the rest being of the baseline */
  mix(share) {
    this.#engine.check('gc_study_mix', this.#pointer, share);
  }

  /**
   * @param {number} kind BELL or UNIFORM
   * @param {number} amount deviation of BELL, largest value of UNIFORM
   * @param {number} seed
   * @param {number} sample
   */
  noise(kind, amount, seed, sample) {
    this.#engine.check('gc_study_noise', this.#pointer, kind, amount, seed, sample);
  }

  /**
   * @param {Float32Array} map
   * @param {MaskSize} size
   */
  mask(map, { height, width, fullHeight, fullWidth, top = 0, left = 0 }) {
    const full = [fullHeight ?? this.#input.height, fullWidth ?? this.#input.width];
    this.#engine.scratch((scratch) => {
      const size = [height, width, ...full, top, left];
      this.#engine.check('gc_study_mask', this.#pointer, scratch.copy(map), ...size);
    });
  }

  /**
   * Covers a window of the input by the baseline.
   * @param {Window} window
   */
  cover({ top, left, height, width }) {
    this.#engine.check('gc_study_cover', this.#pointer, top, left, height, width);
  }

  /** @param {Change} change */
  change(change) {
    if (change[0] === 'cover') this.cover(change[1]);
    else this.mask(change[1], change[2]);
  }

  /** The changed input, [height][width][channels]. */
  changed() {
    return this.#read(this.#input.data.length, (values, count) =>
      this.#engine.check('gc_study_input', this.#pointer, values, count),
    );
  }

  /**
   * Runs the network on the changed input.
   * @param {{ addsGradient?: boolean }} [options] whether addGradient() follows, so that the run
   *   keeps what it needs (default false)
   * @returns {{ score: number, input: Input }} the value that is explained, and what stands for the
   *   changed input in calls of the network, until the network runs again
   */
  run({ addsGradient = false } = {}) {
    const pointer = this.#pointer;
    const input = { ...this.#input };
    if (addsGradient) this.#network.expectGradients(input);
    const score = this.#network.runChanged(input, () =>
      this.#engine.scratch((scratch) => {
        const value = scratch.alloc(DOUBLE);
        this.#engine.check('gc_study_run', pointer, value);
        return this.#engine.doubles(value, 1)[0];
      }),
    );
    return { score, input };
  }

  /**
   * Adds the gradient at the changed input to gradient(), and its square to squares().
   * @param {number} weight
   * @param {{ guided?: boolean, scale?: number }} [options] guided backpropagation (default
   *   false), and a factor of the gradient (default 1)
   */
  addGradient(weight, { guided = false, scale = 1 } = {}) {
    this.#engine.check('gc_study_add_gradient', this.#pointer, weight, scale, guided ? 1 : 0);
  }

  /**
   * Adds the last mask M to maskSums(), as inside M + outside (1 - M).
   * @param {number} inside
   * @param {number} outside
   */
  addMask(inside, outside) {
    this.#engine.call('gc_study_add_mask', this.#pointer, inside, outside);
  }

  /** Sets all sums to 0. */
  clear() {
    this.#engine.call('gc_study_clear', this.#pointer);
  }

  /** The sum of the gradients so far, [height][width][channels]. */
  gradient() {
    return this.#sums(GRADIENTS, this.#input.data.length);
  }

  /** The sum of the squares of the gradients so far, [height][width][channels]. */
  squares() {
    return this.#sums(SQUARES, this.#input.data.length);
  }

  /** The sum of the masks so far, [height][width]. */
  maskSums() {
    return this.#sums(MASKS, this.#input.height * this.#input.width);
  }

  /** The sum of the masks by themselves, [height][width]. */
  maskTotals() {
    return this.#sums(MASK_TOTALS, this.#input.height * this.#input.width);
  }

  /** The variances of the gradients so far, [height][width][channels]. */
  variances() {
    return this.#sums(VARIANCES, this.#input.data.length);
  }

  /**
   * @param {number} which
   * @param {number} count
   */
  #sums(which, count) {
    return this.#read(count, (values) =>
      this.#engine.check('gc_study_sums', this.#pointer, which, values, count),
    );
  }

  /**
   * @param {number} count
   * @param {(values: number, count: number) => void} write writes values to a pointer
   * @returns {Float32Array}
   */
  #read(count, write) {
    return this.#engine.scratch((scratch) => {
      const values = scratch.alloc(count * WORD);
      write(values, count);
      return this.#engine.floats(values, count);
    });
  }

  /** It may be called again. */
  dispose() {
    const address = this.#address;
    this.#address = 0;
    if (address === 0) return;
    this.#engine.release();
    if (this.#engine.isUsable) this.#engine.call('gc_study_destroy', address);
    // The model could not let the engine go as long as the study used it.
    if (this.#network.isDisposed) this.#engine.rest();
  }
}
