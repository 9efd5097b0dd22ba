/** Finds the network of keras.applications to which weights alone belong. */

import { ARCHITECTURES, findArchitecture } from '../architectures/index.js';
import { GradCamError, show } from '../base/errors.js';
import { Network } from '../engine/network.js';
import { pauses } from '../base/pauses.js';

/** @import { Architecture } from '../architectures/index.js' */
/** @import { Pause } from '../base/pauses.js' */
/** @import { Engine } from '../engine/engine.js' */
/** @import { Container, Weight } from '../files/index.js' */

/**
 * The network to which weights alone belong. Options that are left out are found by the shapes of
 * the weights, as far as these tell.
 * @typedef {object} TopologyOptions
 * @property {string} [architecture] Keras' name of a network of keras.applications, "MobileNetV2"
 * @property {number} [alpha] width factor of a MobileNet, MobileNetV2 or MobileNetV3
 * @property {boolean} [minimalistic] whether a MobileNetV3 is minimalistic
 * @property {boolean} [includeTop] whether the network has its classes. Without them the scores are
 *   the means of the last layer's channels
 * @property {number} [classes] how many classes it has
 * @property {[height: number, width: number]} [inputSize] For weights alone the default is the size
 *   at the end of the file's name, else the usual size of the architecture
 */

/**
 * A container that has a configuration. `givenLabels` are the caller's class names, if they came
 * as a file.
 * @typedef {Container & { config: string, architecture?: string, givenLabels?: string[] }} Topology
 */

/** A size in a file's name, for the sizes for which Keras offers weights. */
const NAMED_SIZE = /_(96|128|160|192|224)(?=[._])/;

/**
 * Adds the configuration to a container that lacks one.
 * @param {Engine} engine
 * @param {Container} container
 * @param {string} fileName
 * @param {TopologyOptions} options
 * @param {Pause} [pause]
 * @returns {Promise<Topology>}
 */
export async function withTopology(engine, container, fileName, options, pause = pauses()) {
  const { config, weights } = container;
  const { architecture } = options;
  if (architecture !== undefined) findArchitecture(architecture);
  if (config !== undefined) return { ...container, config };
  const names = architecture ? [architecture] : candidates(weights);
  /** @type {string | undefined} why the first candidate does not fit */
  let reason;
  for (const name of names) {
    for (const parameters of variants(ARCHITECTURES[name], weights, fileName, options)) {
      const found = await ARCHITECTURES[name].build(parameters);
      const fit = await fitWeights(engine, found, container, pause);
      if (typeof fit !== 'string') return toTopology(name, found, fit, container);
      reason ??= `the weights are not those of ${name}: ${fit}`;
    }
  }
  throw new GradCamError('INVALID_MODEL', reason && architecture ? reason : NO_CONFIGURATION);
}

const NO_CONFIGURATION =
  'the file has weights, but no configuration; save the whole model with ' +
  'model.save("model.keras"), or name its network of keras.applications, as in ' +
  '{ architecture: "MobileNetV2" }';

/**
 * @param {string} architecture
 * @param {string} config
 * @param {Weight[]} weights
 * @param {Container} container
 * @returns {Topology}
 */
function toTopology(architecture, config, weights, container) {
  return { ...container, architecture, config, weights };
}

/**
 * Networks that have layers with the names of the weights. The shapes of the weights decide later.
 * @param {Weight[]} weights
 * @returns {string[]}
 */
function candidates(weights) {
  const list = weights.map(({ name }) => name).join('\n');
  return Object.keys(ARCHITECTURES).filter((name) => ARCHITECTURES[name].mark.test(list));
}

/**
 * Parameters with which the weights may have been saved, the likeliest first.
 * @param {Architecture} architecture
 * @param {Weight[]} weights
 * @param {string} fileName
 * @param {TopologyOptions} options
 */
function* variants({ side, variants }, weights, fileName, options) {
  const named = Number(NAMED_SIZE.exec(fileName)?.[1] ?? side);
  const { inputSize = [named, named], includeTop, classes = lastAxis(weights) } = options;
  const imagenet = hasImageNetVariance(weights);
  for (const top of includeTop === undefined ? [true, false] : [includeTop]) {
    for (const variant of variants) {
      const own = { ...variant, ...pick(options, Object.keys(variant)) };
      yield { ...own, inputSize, classes, includeTop: top, imagenet };
    }
  }
}

/**
 * @param {Record<string, any>} options
 * @param {string[]} keys
 */
function pick(options, keys) {
  return Object.fromEntries(
    keys.filter((key) => options[key] !== undefined).map((key) => [key, options[key]]),
  );
}

/**
 * The number of classes, which is the size of the last array. It holds the biases of the classes.
 * @param {Weight[]} weights
 */
function lastAxis(weights) {
  return weights.at(-1)?.shape.at(-1) ?? 1000;
}

/**
 * Whether a Normalization layer at the start has ImageNet's variances. EfficientNet has a further
 * layer then, as `efficientNet` explains.
 * @param {Weight[]} weights
 */
function hasImageNetVariance(weights) {
  const variance = weights.find(({ name }) => /^normalization[^/]*\/.*variance/.test(name));
  if (!variance || variance.size !== 3) return false;
  return variance.read().every((value, i) => Math.abs(value - IMAGENET_VARIANCES[i]) < 1e-4);
}

const IMAGENET_VARIANCES = [0.229, 0.224, 0.225].map((deviation) => deviation ** 2);

/**
 * @param {Engine} engine
 * @param {string} config
 * @param {Container} container
 * @param {Pause} pause
 * @returns {Promise<Weight[] | string>} the weights with the network's names, or why they do not
 *   fit
 */
async function fitWeights(engine, config, { isOrdered, weights }, pause) {
  await pause();
  const network = new Network(engine, config);
  try {
    return isOrdered ? fitByOrder(network, weights) : await fitByName(network, weights, pause);
  } finally {
    network.dispose();
  }
}

/**
 * Fits weights by their order, as Keras does. Their names have changed over the years.
 * @param {Network} network
 * @param {Weight[]} weights
 * @returns {Weight[] | string}
 */
function fitByOrder(network, weights) {
  const { weightCount } = network;
  for (const [i, { name, shape }] of weights.entries()) {
    if (i >= weightCount) break;
    const needed = network.weightShape(i);
    if (shape.join() === needed.join()) continue;
    const path = network.weightPath(i);
    return `${name} has shape ${show(shape)}, the network's ${path} ${show(needed)}`;
  }
  if (weights.length !== weightCount) {
    return `the file has ${weights.length} arrays, the network ${weightCount}`;
  }
  return weights.map((weight, i) => ({ ...weight, name: network.weightPath(i) }));
}

/**
 * @param {Network} network
 * @param {Weight[]} weights
 * @param {Pause} pause
 * @returns {Promise<Weight[] | string>}
 */
async function fitByName(network, weights, pause) {
  let known = 0;
  for (const { name } of weights) {
    if (network.findWeight(name) >= 0) known++;
    await pause();
  }
  if (known >= network.weightCount) return weights;
  return `of its ${network.weightCount} arrays the file has ${known}`;
}
