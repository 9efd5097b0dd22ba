/** What a run explains, as a value that can be computed again for every changed input. */

import { GradCamError, choose, show } from '../base/errors.js';
import { explainedOf } from '../attribution/explained.js';
import { saliencyOf } from './saliency.js';

/** @import { Facts } from '../attribution/explained.js' */
/** @import { Input, Network } from '../engine/network.js' */
/** @import { Study } from '../engine/study.js' */

/**
 * A map of a changed input.
 * @typedef {object} SubjectMap
 * @property {Float32Array} raw signed and unscaled
 * @property {number} height
 * @property {number} width
 */

/** Maps that need no layer. */
const OF_INPUT = ['gradient', 'saliency'];

export class Subject {
  #explained;

  /**
   * @param {Facts} facts
   * @param {{ target?: unknown, logits: boolean }} options the class with the highest score is the
   *   default target
   */
  constructor(facts, { target, logits }) {
    const { network, input } = facts;
    this.network = network;
    this.input = input;
    this.logits = checkFlag('logits', logits);
    network.forward(input);
    this.#explained = explainedOf(facts, target, logits);
    this.target = this.#explained.target;
  }

  /** A study of changes of the input, to be disposed of. */
  study() {
    const { output, seed } = this.#explained;
    return this.network.study(this.input, output, seed);
  }

  /**
   * The class's value.
   * @param {number} sum that a study computes
   */
  value(sum) {
    return this.#explained.value(sum);
  }

  /**
   * Runs the network on a study's changed input.
   * @param {Study} study
   * @param {{ addsGradient?: boolean }} [options] of the study's run()
   * @returns {{ score: number, slope: number, input: Input }} the class's value, its derivative
   *   with regard to what the study computes, and what stands for the input
   */
  run(study, options) {
    const { score: sum, input } = study.run(options);
    return { score: this.#explained.value(sum), slope: this.#explained.slope(sum), input };
  }

  /**
   * The same class of another network.
   * @param {Network} network
   * @param {Facts} facts
   */
  on(network, facts) {
    return new Subject({ ...facts, network }, this);
  }

  /**
   * Runs the network on a study's changed input and explains the class.
   * @param {Study} study
   * @param {MapChoice} choice
   * @returns {SubjectMap & { score: number }}
   */
  map(study, { method, layer }) {
    const { score, slope, input } = this.run(study, { addsGradient: layer === null });
    if (layer !== null) {
      const { output, seed: weights } = this.#explained;
      const seed = weights.map((weight) => weight * slope);
      return {
        score,
        ...layerMap(this.network, method, { input, seed, output, layer }),
      };
    }
    study.clear();
    study.addGradient(slope);
    const { height, width, channels } = this.input;
    const gradient = study.gradient();
    const raw = method === 'saliency' ? saliencyOf(gradient, channels) : gradient;
    return { score, raw, height, width };
  }

  /**
   * The class's map of the input as it is.
   * @param {MapChoice} choice
   */
  ownMap(choice) {
    const study = this.study();
    try {
      return this.map(study, choice);
    } finally {
      study.dispose();
    }
  }
}

/**
 * The raw map of a layer.
 * @param {Network} network
 * @param {string} method
 * @param {{ input: Input, seed: Float32Array, output: number, layer: number }} explained
 * @returns {SubjectMap}
 */
function layerMap(network, method, { input, seed, output, layer }) {
  const [[[map]]] = network.explain([method], input, [seed], output, [layer], { raw: true });
  const { height, width, raw } = map;
  return { height, width, raw: /** @type {Float32Array} */ (raw) };
}

/**
 * Which map is made.
 * @typedef {object} MapChoice
 * @property {string} method
 * @property {number | null} layer index, null for a map of the input
 */

/**
 * The map that a caller chooses.
 * @param {Facts} facts
 * @param {{ method: unknown, layer?: unknown }} options
 * @param {string[]} [ofInput] names of the maps of the input that the caller may choose
 * @returns {MapChoice}
 */
export function chooseMap({ network, findLayer }, { method, layer }, ofInput = OF_INPUT) {
  const names = [...network.methods.filter((one) => one !== 'ablationCam'), ...ofInput];
  const name = choose(Object.fromEntries(names.map((one) => [one, one])), method, 'method');
  return { method: name, layer: ofInput.includes(name) ? null : findLayer(layer) };
}

/**
 * @param {string} name
 * @param {unknown} value
 */
function checkFlag(name, value) {
  if (typeof value === 'boolean') return value;
  const text = `${name} is ${show(value)}; allowed: true, false`;
  throw new GradCamError('INVALID_ARGUMENT', text);
}
