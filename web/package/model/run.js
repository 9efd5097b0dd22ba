/** A forward pass, with its predictions and with explanations of any class at any layer. */

import { typed } from '../base/boundary.js';
import { GradCamError, show } from '../base/errors.js';
import { Own } from '../base/own.js';
import { notFiniteSentence } from './diagnosis.js';
import { binaryValues, meanOfPositions } from './classes.js';
import { explainRun } from './explain.js';
import { resolveLayers } from './layers.js';
import { part } from '../base/parts.js';
import { LOGIT, SCORE } from '../engine/network.js';
import { findRangeProblem } from '../pictures/preprocessing.js';

/** @import { AttributeOptions } from '../attribution/attribute.js' */
/** @import { Attribution } from '../attribution/attribution.js' */
/** @import { Input, LayerInfo, Network } from '../engine/network.js' */
/** @import { Channels, ChannelsOptions } from './channels.js' */
/** @import { Contrast } from './contrast.js' */
/** @import { DeletionInsertion, DeletionOptions } from '../metrics/deletion.js' */
/** @import { AverageDrop, CoherencyOptions, DropOptions } from '../metrics/drop.js' */
/** @import { HideAndLook, HideOptions } from '../metrics/hide.js' */
/** @import { Stability, StabilityOptions } from '../metrics/stability.js' */
/** @import { Facts } from '../attribution/explained.js' */
/** @import { Trust, TrustOptions } from '../metrics/trust.js' */
/** @import { Explanation, HeatMap } from './explanation.js' */
/** @import { LayerChoice } from './layers.js' */
/** @import { StepProgress } from '../metrics/deletion.js' */
/** @import { Method } from './methods.js' */
/** @import { Model } from './model.js' */
/** @import { TargetChoice } from '../attribution/targets.js' */

/**
 * @typedef {object} ExplainOptions
 * @property {TargetChoice | readonly TargetChoice[]} [targets] indices or labels of classes
 *   (default: the class with the highest score). Weights of classes, `{ 243: 1, 282: -1 }`, explain
 *   a sum or a difference of classes
 * @property {LayerChoice | readonly LayerChoice[] | 'all'} [layer] where to look (default: the last
 *   layer with more than one position). With several layers the explanation has an entry for each
 *   class and layer. A class still needs one backward pass only, and up to eight classes share a
 *   pass if that is faster
 * @property {Method | readonly Method[]} [method] how to explain, a name of methods() (default
 *   "gradCam"). Several methods share the backward pass
 * @property {boolean} [logits] whether the logit is explained instead of the score (default false).
 *   The logit is the value before the last softmax or sigmoid
 * @property {boolean} [raw] whether entries have their raw maps, signed and unscaled (default
 *   false)
 * @property {Contrast} [contrast] explains what tells the class apart from others (FinerCAM). The
 *   logits are explained then
 * @property {boolean} [counterfactual] whether the map shows what speaks against the class (default
 *   false)
 * @property {boolean} [eigenSmooth] whether the map is the first principal component of what the
 *   method sums over the channels, which has less noise (default false)
 * @property {boolean} [augSmooth] whether the map is the mean of six, of the picture mirrored or
 *   not and darker, as it is and brighter (default false). The map has the size of the input
 * @property {number} [channels] how many channels Score-CAM takes, the most varying ones (default
 *   all of them)
 * @property {number} [workers] of Score-CAM, 0 to 64. So many workers compute the scores, each with
 *   a copy of the model that it keeps until model.dispose(). The map is the same to the bit
 *   (default 0: the model itself computes them)
 * @property {(progress: StepProgress) => void} [onProgress] called after each step of augSmooth,
 *   Score-CAM and Ablation-CAM
 * @property {AbortSignal} [signal] checked before each backward pass
 */

/**
 * A class with its score.
 * @typedef {{ index: number, label: string, score: number }} Prediction
 */

export class Run extends Own {
  #model;
  #network;
  #draw;
  /** Whether no softmax or sigmoid ends the network. */
  #endsWithLogit;
  /** @type {ImageData | undefined} */
  #picture;
  /** @type {LayerInfo | null | undefined} */
  #notFinite;

  /**
   * @param {Model} model
   * @param {Network} network
   * @param {Input} input
   * @param {() => ImageData} draw makes the picture to draw on, when it is needed first
   */
  constructor(model, network, input, draw) {
    super();
    this.#model = model;
    this.#network = network;
    this.#draw = draw;
    /** The network's input, [height][width][channels]. */
    this.input = input;
    const predictions = network.outputs(input, SCORE);
    const logits = network.outputs(input, LOGIT);
    this.#endsWithLogit = predictions.every((score, i) => score === logits[i]);
    const { scores, logits: ofClasses } = valuesOfClasses(predictions, logits, model, network);
    /**
     * What the model gives, as Keras' predict(). A model for segmentation, or a base without a
     * head, gives [positions][classes] in Keras' order of axes. All other models give the scores.
     */
    const hasPositions = predictions.length > network.classCount;
    this.predictions = hasPositions ? inOrder(predictions, model) : scores;
    /** The scores of all classes, each the mean over positions where the model gives several. */
    this.scores = scores;
    /**
     * The values of all classes before the last softmax or sigmoid, each the mean over positions.
     * Without either they are the scores.
     */
    this.logits = ofClasses;
  }

  /** The picture that heat maps are drawn on. */
  get picture() {
    return (this.#picture ??= this.#draw());
  }

  /**
   * A sentence that says what looks wrong with the range of the input's values or with the model's
   * preprocessing, or null. Wrong preprocessing is the usual reason for wrong predictions.
   */
  get inputWarning() {
    const { description } = this.#model;
    if (this.notFinite) return notFiniteSentence(this.notFinite);
    return findRangeProblem(this.input, description) ?? description.contradiction ?? null;
  }

  /**
   * The first layer whose output holds NaN or infinity, or undefined.
   * @internal
   */
  get notFinite() {
    if (this.#notFinite === undefined) {
      const index = this.#network.findNotFinite(this.input);
      this.#notFinite = this.#model.description.layers[index] ?? null;
    }
    return this.#notFinite ?? undefined;
  }

  /**
   * The classes with the highest scores, ordered by score.
   * @param {{ top?: number }} [options] how many classes (default 5)
   * @returns {Prediction[]}
   * @example
   * const [best] = run.decodePredictions({ top: 1 });
   * console.log(best.index, best.label, best.score);
   */
  decodePredictions(options) {
    return typed('run.decodePredictions', options, ({ top = 5 }) =>
      decodePredictions(this.scores, this.#model.labels, top),
    );
  }

  /**
   * Explains classes at layers.
   * @param {ExplainOptions} [options]
   * @returns {Promise<Explanation>}
   * @example
   * const layer = ['block_9_expand', -3];
   * const all = await run.explain({ targets: ['tabby', 282], layer, logits: true });
   * for (const { label, layer, rawMax } of all.targets) console.log(label, layer, rawMax);
   */
  async explain(options) {
    return typed('run.explain', options, (given) => explainRun(this.#explained, given));
  }

  /**
   * Takes the picture away and puts it back by the order of a heat map, and follows the score.
   * @param {HeatMap} heatmap
   * @param {DeletionOptions} [options]
   * @returns {Promise<DeletionInsertion>}
   * @example
   * const { heatmap, target } = explanation.targets[0];
   * const { deletionAuc, insertionAuc } = await run.deletionInsertion(heatmap, { target });
   */
  async deletionInsertion(heatmap, options) {
    return typed('run.deletionInsertion', options, async (given) =>
      (await loadMetrics()).deletionInsertion(this.facts, heatmap, given),
    );
  }

  /**
   * Multiplies the input by a heat map and compares the scores.
   * @param {HeatMap} heatmap
   * @param {DropOptions} [options]
   * @returns {Promise<AverageDrop>}
   * @example
   * const { score, maskedScore } = await run.averageDrop(heatmap, { target });
   */
  async averageDrop(heatmap, options) {
    return typed('run.averageDrop', options, async (given) =>
      (await loadMetrics()).averageDrop(this.facts, heatmap, given),
    );
  }

  /**
   * How much of the picture a heat map marks, from 0 to 1: its mean at the input's size.
   * @param {HeatMap} heatmap
   * @returns {Promise<number>}
   * @example
   * await run.complexity(heatmap); // 0.2, say
   */
  async complexity(heatmap) {
    return typed(null, {}, async () => (await loadMetrics()).complexity(this.facts, heatmap));
  }

  /**
   * Multiplies the input by a heat map and compares the heat map with Grad-CAM's map of the
   * product. 1 is for equal maps, 0.5 for unrelated ones, 0 for opposite ones.
   * @param {HeatMap} heatmap
   * @param {CoherencyOptions} [options]
   * @returns {Promise<number>}
   * @example
   * await run.coherency(heatmap, { target, layer: 'out_relu' }); // 0.97, say
   */
  async coherency(heatmap, options) {
    return typed('run.coherency', options, async (given) =>
      (await loadMetrics()).coherency(this.facts, heatmap, given),
    );
  }

  /**
   * How much a map changes with noise in the input, and with weights that move by as much as
   * float32 rounds away. A second network takes the moved weights, and needs as much memory as the
   * model for as long as the call takes.
   * @param {StabilityOptions} [options]
   * @returns {Promise<Stability>}
   * @example
   * const { max, rounding } = await run.stability({ target: 282, layer: 'out_relu' });
   */
  async stability(options) {
    return typed('run.stability', options, async (given) =>
      (await loadMetrics()).stability(this.facts, given),
    );
  }

  /**
   * Blurs the hottest part of the picture, and then all but this part. The two scores and the two
   * pictures show whether the map is true.
   * @param {HeatMap} heatmap
   * @param {HideOptions} [options]
   * @returns {Promise<HideAndLook>}
   * @example
   * const { score, hidden, kept } = await run.hideAndLook(heatmap, { target, share: 0.1 });
   * console.log(score, hidden.score, kept.score);
   * canvas.getContext('2d')?.putImageData(hidden.picture, 0, 0);
   */
  async hideAndLook(heatmap, options) {
    return typed('run.hideAndLook', options, async (given) =>
      (await loadMetrics()).hideAndLook(this.facts, heatmap, given),
    );
  }

  /**
   * Measures how far an explanation of this run can be trusted. Each figure has a sentence that
   * says what was measured and what it means for this map.
   * @param {Explanation} explanation
   * @param {TrustOptions} [options]
   * @returns {Promise<Trust>}
   * @example
   * const { figures } = await run.trust(explanation, { figures: ['hideAndLook', 'stability'] });
   * for (const { title, sentence } of figures) console.log(title, sentence);
   */
  async trust(explanation, options) {
    return typed('run.trust', options, async (given) => {
      const metrics = await loadMetrics();
      return metrics.trust(this.facts, this.#entryOf(explanation, given), given);
    });
  }

  /**
   * @param {Explanation} explanation
   * @param {TrustOptions} options
   */
  #entryOf(explanation, { index = 0 }) {
    const entry = explanation?.targets?.[index];
    if (entry === undefined) {
      const text = `index is ${show(index)}, and the explanation is ${show(explanation)}`;
      throw new GradCamError('INVALID_ARGUMENT', `${text}; needed: an entry of its targets`);
    }
    return { ...entry, logits: entry.settings.logits };
  }

  /**
   * What attributions and metrics need of the run.
   * @returns {Facts}
   * @internal
   */
  get facts() {
    const network = this.#network;
    const { layers, labels, preprocessing, dataFormat } = this.#model;
    return {
      network,
      input: this.input,
      scores: this.scores,
      endsWithLogit: this.#endsWithLogit,
      ...{ labels, preprocessing, dataFormat },
      findLayer: (layer) => resolveLayers(network, layers, checkOne(layer))[0],
      readInput: (image) => this.#model.readInput(image),
    };
  }

  /**
   * The channels of a layer that speak most for a target, and most against it.
   * @param {ChannelsOptions} [options]
   * @returns {Promise<Channels>}
   * @example
   * const { positive } = await run.channels({ target: 281, top: 3 });
   * for (const { channel, contribution } of positive) console.log(channel, contribution);
   */
  async channels(options) {
    return typed('run.channels', options, async (given) => {
      const { findChannels } = await part('the finder of channels', () => import('./channels.js'));
      return findChannels(this.#explained, given);
    });
  }

  /**
   * Attributes a score to the values of the input.
   * @param {AttributeOptions} [options]
   * @returns {Promise<Attribution>}
   * @example
   * const attribution = await run.attribute({ method: 'integratedGradients', baseline: 'black' });
   * console.log(attribution.score, attribution.baselineScore, attribution.delta);
   * formatAsImage({ heatmap: attribution.toHeatmap(), image: run.picture });
   */
  async attribute(options) {
    return typed('run.attribute', options, async (given) => {
      const { attribute } = await part(
        'the attribution',
        () => import('../attribution/attribute.js'),
      );
      return attribute(this.facts, given);
    });
  }

  /** What explanations need. */
  get #explained() {
    const [model, network, endsWithLogit] = [this.#model, this.#network, this.#endsWithLogit];
    return { model, network, run: this, endsWithLogit };
  }

  /**
   * The network that holds this run, for tests.
   * @internal
   */
  get network() {
    return this.#network;
  }
}

/**
 * @param {Float32Array} predictions [positions][classes of the network]
 * @param {Float32Array} logits
 * @param {Model} model
 * @param {Network} network
 */
function valuesOfClasses(predictions, logits, model, { classCount }) {
  const means = [predictions, logits].map((values) => meanOfPositions(values, classCount));
  const isBinary = model.description.isBinary;
  const [scores, ofClasses] = isBinary ? binaryValues(means[0], means[1]) : means;
  return { scores, logits: ofClasses };
}

/**
 * Puts the outputs of all positions in Keras' order of axes.
 * @param {Float32Array} values [positions][classes]
 * @param {Model} model
 */
function inOrder(values, { head }) {
  if (head.dataFormat === 'channels_last') return values;
  const positions = values.length / head.classCount;
  return values.map(
    (_, i) => values[(i % positions) * head.classCount + Math.floor(i / positions)],
  );
}

/**
 * @param {Float32Array} scores
 * @param {readonly string[] | undefined} labels
 * @param {unknown} top
 * @returns {Prediction[]}
 */
export function decodePredictions(scores, labels, top) {
  if (!Number.isInteger(top) || Number(top) < 1) {
    throw new GradCamError('INVALID_ARGUMENT', `top is ${show(top)}; allowed: 1, 2, 3, ...`);
  }
  const indices = indicesOfLargest(scores, Math.min(Number(top), scores.length));
  return indices.map((index) => {
    return { index, label: labels?.[index] ?? String(index), score: scores[index] };
  });
}

/**
 * Indices of the largest values, the largest first. Among equal values the first wins, and NaN is
 * the smallest. A model may have millions of outputs, so that only the largest are put in order.
 * @param {Float32Array} values
 * @param {number} count
 */
function indicesOfLargest(values, count) {
  const keys = values.map((value) => (Number.isNaN(value) ? -Infinity : value));
  const least = keys.slice().sort()[keys.length - count];
  let equal = count;
  for (let i = 0; i < keys.length; i++) if (keys[i] > least) equal--;
  /** @type {number[]} */
  const indices = [];
  for (let i = 0; indices.length < count; i++) {
    if (keys[i] > least || (keys[i] === least && equal-- > 0)) indices.push(i);
  }
  return indices.sort((a, b) => keys[b] - keys[a] || a - b);
}

/** @returns {Promise<typeof import('../metrics/index.js')>} */
export function loadMetrics() {
  return part('the metrics', () => import('../metrics/index.js'));
}

/**
 * @param {unknown} layer
 * @returns {LayerChoice}
 */
function checkOne(layer) {
  if (layer !== 'all' && !Array.isArray(layer)) return /** @type {LayerChoice} */ (layer);
  throw new GradCamError('INVALID_ARGUMENT', `layer is ${show(layer)}; allowed: one layer`);
}
