/**
 * Finds the network of keras.applications to which weights alone belong. Few files have weights
 * alone, so this module is loaded for them only.
 */

import { ARCHITECTURES } from '../architectures/index.js';
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
 * as a file. `imagenet` are names for a model that has 1,000 classes and no names.
 * @typedef {Container & { config: string, architecture?: string, givenLabels?: string[],
 *   imagenet?: string[] }} Topology
 */

/** A size in a file's name, for the sizes for which Keras offers weights. */
const NAMED_SIZE = /_(96|128|160|192|224)(?=[._])/;

/**
 * Adds the configuration to a container that lacks one. The caller has checked the architecture.
 * @param {Engine} engine
 * @param {Container} container
 * @param {string} fileName
 * @param {TopologyOptions} options
 * @param {Pause} [pause]
 * @returns {Promise<Topology>}
 */
export async function withTopology(engine, container, fileName, options, pause = pauses()) {
  const { weights } = container;
  const { architecture } = options;
  const names = architecture ? [architecture] : candidates(weights);
  const fit = await findFit(engine, container, names, fileName, options, pause);
  if (fit.topology) {
    checkHead(fit, weights, options);
    return fit.topology;
  }
  if (options.alpha !== undefined) {
    const free = { ...options, alpha: undefined };
    const other = await findFit(engine, container, names, fileName, free, pause);
    if (other.topology) {
      const { architecture: name } = other.topology;
      const text = `the weights are those of ${name} with alpha ${other.parameters?.alpha}`;
      throw new GradCamError('INVALID_MODEL', `${text}, not ${options.alpha}`);
    }
  }
  const reason = architecture ? fit.reason : undefined;
  throw new GradCamError('INVALID_MODEL', reason ?? NO_CONFIGURATION);
}

/**
 * A network to which weights alone belong, or why the first candidate is none.
 * @typedef {object} Fit
 * @property {Topology} [topology]
 * @property {any} [parameters] of the network
 * @property {string} [reason]
 */

/**
 * Refuses a network whose last layer may have another activation than that of keras.applications,
 * which is softmax. One class makes no sense with softmax. A last layer with another name is the
 * caller's own.
 * @param {Fit} fit
 * @param {Weight[]} weights
 * @param {TopologyOptions} options
 */
function checkHead({ topology, parameters }, weights, { architecture }) {
  if (!topology || !parameters.includeTop) return;
  const { architecture: name, config } = topology;
  const layer = findHead(weights)?.layer;
  const isOwn = layer !== undefined && !config.includes(`"${layer}"`);
  if (parameters.classes !== 1 && (!isOwn || architecture)) return;
  const part = isOwn ? `but for the last layer, ${show(layer)}` : 'with one class';
  const hint =
    parameters.classes === 1 ? '' : `, or give { architecture: "${name}" } if it is softmax`;
  throw new GradCamError(
    'INVALID_MODEL',
    `the weights are those of ${name} ${part}, whose activation they do not tell; ` +
      `save the whole model with model.save("model.keras")${hint}`,
  );
}

/**
 * Tries the networks with all parameters with which the weights may have been saved.
 * @param {Engine} engine
 * @param {Container} container
 * @param {string[]} names of the networks
 * @param {string} fileName
 * @param {TopologyOptions} options
 * @param {Pause} pause
 * @returns {Promise<Fit>} the first that fits
 */
async function findFit(engine, container, names, fileName, options, pause) {
  /** @type {string | undefined} */
  let reason;
  /** @type {unknown} */
  let failure;
  for (const name of names) {
    const { build } = ARCHITECTURES[name];
    const { weights } = container;
    for (const parameters of variants(ARCHITECTURES[name], weights, fileName, options)) {
      const config = await build(parameters);
      const fit = await fitWeights(engine, config, container, pause).catch(asInvalid);
      if (fit instanceof GradCamError) {
        failure ??= fit;
      } else if (typeof fit === 'string') {
        reason ??= `the weights are not those of ${name}${triedAlphas(name, options)}: ${fit}`;
      } else {
        return { topology: toTopology(name, config, fit, container), parameters };
      }
    }
  }
  if (failure && !reason) throw failure;
  return { reason };
}

/**
 * The error of a network that cannot be built. The input may be too small for one network and large
 * enough for the next.
 * @param {unknown} error
 */
function asInvalid(error) {
  if (error instanceof GradCamError && error.code === 'INVALID_MODEL') return error;
  throw error;
}

/**
 * The width factors that were tried, for an error.
 * @param {string} name of the network
 * @param {TopologyOptions} options
 */
function triedAlphas(name, { alpha }) {
  const { variants } = ARCHITECTURES[name];
  if (!('alpha' in variants[0])) return '';
  const all = variants.map((variant) => /** @type {{ alpha: number }} */ (variant).alpha);
  return ` with alpha ${alpha ?? [...new Set(all)].join(', ')}`;
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

/** A path in Keras 3's store. */
const STORED = /^layers\/.*vars\/\d+$/;
/** The state of a random generator in the store. It is no weight. */
const RANDOM_STATE = /^layers\/.*seed_generator\//;

/**
 * Networks that have layers with the names of the weights. The shapes of the weights decide later.
 * Older versions of Keras 3 wrote a store without names, which may be that of any network.
 * @param {Weight[]} weights
 * @returns {string[]}
 */
function candidates(weights) {
  const all = Object.keys(ARCHITECTURES);
  const isNameless = weights.every(({ name, layer }) => !layer && STORED.test(name));
  if (isNameless) return all;
  const list = weights.map(({ name, layer }) => (layer ? `${layer}/` : name)).join('\n');
  return all.filter((name) => ARCHITECTURES[name].mark.test(list));
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
  const {
    inputSize = [named, named],
    includeTop,
    classes = findHead(weights)?.shape.at(-1) ?? 1000,
  } = options;
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
 * The biases of the classes. In ordered files they are the last array. The store of Keras 3 has the
 * layers sorted by their classes. There they are those of the layer of that name, or else of the
 * last Dense layer, or else of the last convolution.
 * @param {Weight[]} weights
 */
function findHead(weights) {
  const biases = weights.filter(({ name }) => name.endsWith('/vars/1'));
  const named = biases.find(({ layer }) => /^(predictions|conv_preds|logits)$/.test(layer ?? ''));
  const numberOf = (/** @type {Weight} */ { name }) => Number(/_(\d+)\/vars/.exec(name)?.[1] ?? 0);
  const lastOf = (/** @type {RegExp} */ type) =>
    biases
      .filter(({ name }) => type.test(name))
      .sort((a, b) => numberOf(a) - numberOf(b))
      .at(-1);
  const last = lastOf(/^layers\/dense(_\d+)?\/vars/) ?? lastOf(/^layers\/conv2d(_\d+)?\/vars/);
  return named ?? last ?? weights.at(-1);
}

/**
 * Whether a Normalization layer at the start has ImageNet's variances. EfficientNet has a further
 * layer then, as `efficientNet` explains.
 * @param {Weight[]} weights
 */
function hasImageNetVariance(weights) {
  const variance = weights.find(({ name }) => VARIANCE.test(name));
  if (!variance || variance.size !== 3) return false;
  return variance.read().every((value, i) => Math.abs(value - IMAGENET_VARIANCES[i]) < 1e-4);
}

/** The variances of a Normalization layer, in the layouts of Keras 2 and 3. */
const VARIANCE = /^(normalization[^/]*\/.*variance|layers\/normalization\/vars\/1$)/;
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
  for (const { name, shape, size } of weights) {
    if (RANDOM_STATE.test(name)) continue;
    const index = network.findWeight(name);
    await pause();
    if (index < 0 && STORED.test(name)) return `it has no ${name}`;
    if (index < 0) continue;
    const needed = network.weightShape(index);
    if (size !== needed.reduce((product, axis) => product * axis, 1)) {
      const path = network.weightPath(index);
      return `${name} has shape ${show(shape)}, the network's ${path} ${show(needed)}`;
    }
    known++;
  }
  if (known >= network.weightCount) return weights;
  return `of its ${network.weightCount} arrays the file has ${known}`;
}
