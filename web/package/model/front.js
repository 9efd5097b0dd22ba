/**
 * Finds what a model's layers do to pixels before its first layer with weights. Such layers are the
 * model's front. A front that scales takes other pixels than a network that gets them prepared.
 */

import { parseConfig } from '../files/config.js';

/** @import { LayerInfo } from '../engine/network.js' */
/** @import { Weight } from '../files/index.js' */
/** @import { OwnScaling } from '../pictures/preprocessing.js' */

/**
 * What a layer does to each value: value * scale + offset. Numbers of channels become the number
 * with the largest magnitude.
 * @typedef {{ scale: number, offset: number }} Step
 */

/**
 * A larger factor shows that the model does not expect pixels from 0 to 255. Normalization of
 * pixels and every preprocess_input of keras.applications shrink them or keep their range.
 */
const LARGEST_FACTOR = 1.5;

/**
 * What the front of a model takes.
 * @param {readonly LayerInfo[]} layers in the order in which they run
 * @param {string} config JSON of the architecture
 * @param {(path: string) => Weight | undefined} findWeight finds the weight of a path
 * @param {string[]} [furtherInputs] names of inputs that do not take the picture
 * @returns {OwnScaling | undefined} undefined if the front scales nothing
 */
export function findOwnScaling(layers, config, findWeight, furtherInputs = []) {
  const configs = configsByPath(parseConfig(config));
  /** @type {Map<number, Step>} what has happened to pixels after each layer of the front */
  const after = new Map();
  let found = false;
  for (const [index, layer] of layers.entries()) {
    const before = stepBefore(layers, index, after);
    if (!before || furtherInputs.includes(layer.path)) continue;
    const step = readStep(layer, configs.get(layer.path), findWeight);
    found ||= step !== undefined;
    after.set(index, step ? compose(before, step) : before);
  }
  return found ? rangeTaken([...after.values()]) : undefined;
}

/**
 * What has happened to pixels before a layer of the front.
 * @param {readonly LayerInfo[]} layers
 * @param {number} index
 * @param {Map<number, Step>} after what has happened after the layers before it
 * @returns {Step | undefined} undefined if the layer is not of the front
 */
function stepBefore(layers, index, after) {
  const layer = layers[index];
  const children = childrenOf(layers, index);
  if (layer.params > 0 && layer.type !== 'Normalization' && children.length === 0) {
    return undefined;
  }
  const sources = children.length > 0 ? children : inputsOf(layers, layer);
  if (sources.length === 0) return { scale: 1, offset: 0 };
  if (!sources.every((source) => after.has(source))) return undefined;
  return after.get(sources[sources.length - 1]);
}

/**
 * The layers of a nested model, which run before it.
 * @param {readonly LayerInfo[]} layers
 * @param {number} index of the nested model
 * @returns {number[]}
 */
function childrenOf(layers, index) {
  const children = [];
  for (let i = index - 1; i >= 0 && layers[i].parent >= 0; i--) {
    if (layers[i].parent === index) children.unshift(i);
  }
  return children;
}

/**
 * The layers that a layer reads. The first layer of a nested model reads what that model reads.
 * @param {readonly LayerInfo[]} layers
 * @param {LayerInfo} layer
 * @returns {number[]}
 */
function inputsOf(layers, { inputs, parent }) {
  if (inputs.length > 0 || parent < 0) return inputs;
  return inputsOf(layers, layers[parent]);
}

/**
 * @param {Step} first
 * @param {Step} second
 * @returns {Step}
 */
function compose(first, second) {
  return {
    scale: first.scale * second.scale,
    offset: first.offset * second.scale + second.offset,
  };
}

/**
 * @param {Step[]} steps from the pixels to each layer of the front
 * @returns {OwnScaling}
 */
function rangeTaken(steps) {
  const enlarging = steps.find(({ scale }) => Math.abs(scale) > LARGEST_FACTOR);
  if (!enlarging) return 'none';
  // A step that makes 0 of -1 is written for values from -1 to 1.
  return Math.abs(enlarging.offset / enlarging.scale - 1) < 0.01 ? 'tf' : 'unit';
}

/* ---- Configurations ---- */

/**
 * The configurations of all layers by their paths.
 * @param {any} model
 * @param {string} [prefix]
 * @returns {Map<string, any>}
 */
export function configsByPath({ config }, prefix = '') {
  const layers = Array.isArray(config) ? config : (config?.layers ?? []);
  /** @type {Map<string, any>} */
  const found = new Map();
  for (const layer of layers) {
    const path = `${prefix}${layer.config?.name ?? layer.name}`;
    found.set(path, layer);
    if (!layer.config?.layers) continue;
    for (const [inner, entry] of configsByPath(layer, `${path}/`)) found.set(inner, entry);
  }
  return found;
}

/**
 * @param {LayerInfo} layer of the front
 * @param {any} entry its configuration
 * @param {(path: string) => Weight | undefined} findWeight
 * @returns {Step | undefined} undefined for a layer that does no arithmetic on values
 */
function readStep({ path, type, inputs }, entry, findWeight) {
  const config = entry?.config ?? {};
  if (type === 'Rescaling') {
    return { scale: largest(config.scale) ?? 1, offset: largest(config.offset) ?? 0 };
  }
  if (type === 'Normalization') return readNormalization(path, config, findWeight);
  const name = String(config.function ?? type)
    .toLowerCase()
    .split('.')
    .at(-1);
  const operation = OPERATIONS[name ?? ''];
  if (!operation || inputs.length !== 1) return undefined;
  const constants = readConstants(entry);
  return constants && operation(constants.value, constants.isFirst);
}

/**
 * out = (value - mean) / deviation
 * @param {string} path
 * @param {any} config has the numbers of a layer that was not adapted
 * @param {(path: string) => Weight | undefined} findWeight
 * @returns {Step}
 */
function readNormalization(path, config, findWeight) {
  const mean = largest(config.mean) ?? largest(findWeight(`${path}/mean`)?.read()) ?? 0;
  const variance = config.variance ?? findWeight(`${path}/variance`)?.read();
  const scale = 1 / Math.sqrt(largest(variance) || 1);
  const step = { scale, offset: -mean * scale };
  return config.invert ? { scale: 1 / scale, offset: mean } : step;
}

/**
 * What element-wise arithmetic with constants does, by the names in Keras 3 and in Keras 2.
 * @type {Record<string, (constant: number, isFirst: boolean) => Step>}
 */
const OPERATIONS = {
  add: (offset) => ({ scale: 1, offset }),
  bias_add: (offset) => ({ scale: 1, offset }),
  subtract: (constant, isFirst) =>
    isFirst ? { scale: -1, offset: constant } : { scale: 1, offset: -constant },
  multiply: (scale) => ({ scale, offset: 0 }),
  divide,
  truediv: divide,
  truedivide: divide,
};

/**
 * @param {number} constant
 * @returns {Step}
 */
function divide(constant) {
  return { scale: 1 / constant, offset: 0 };
}

/**
 * The constant of a function's call.
 * @param {any} entry the configuration of a layer with one tensor for input
 * @returns {{ value: number, isFirst: boolean } | undefined} undefined if the call has none
 */
function readConstants(entry) {
  const node = entry?.inbound_nodes?.[0];
  if (!node) return undefined;
  const { values, isFirst } = Array.isArray(node)
    ? constantsOfKeras2(node)
    : constantsOfKeras3(node);
  const value = values.map(largest).find((constant) => constant !== undefined);
  return value === undefined ? undefined : { value, isFirst };
}

/**
 * @param {any} node { args: [tensor, constant], kwargs }
 * @returns {{ values: any[], isFirst: boolean }}
 */
function constantsOfKeras3({ args = [], kwargs = {} }) {
  const values = [...args, ...Object.values(kwargs)];
  return { values, isFirst: largest(args[0]) !== undefined };
}

/**
 * @param {any[]} node ["layer", 0, 0, { y: constant }], which may lie in a list, or
 *   ["_CONSTANT_VALUE", -1, constant, { y: tensor }]
 * @returns {{ values: any[], isFirst: boolean }}
 */
function constantsOfKeras2(node) {
  const [name, , position, named = {}] = Array.isArray(node[0]) ? node[0] : node;
  if (name === '_CONSTANT_VALUE') return { values: [position], isFirst: true };
  return { values: Object.values(named), isFirst: false };
}

/**
 * The number with the largest magnitude in what a configuration or a weight holds.
 * @param {any} value a number, lists of numbers, or an array as Keras 3 writes it
 * @returns {number | undefined} undefined if there is none
 */
function largest(value) {
  if (typeof value === 'number') return value;
  if (ARRAYS.includes(value?.class_name)) return largest(value.config?.value);
  if (!Array.isArray(value) && !(value instanceof Float32Array)) return undefined;
  /** @type {(number | undefined)[]} */
  const numbers = Array.from(value, largest);
  return numbers.find((number) => magnitude(number) === Math.max(...numbers.map(magnitude)));
}

/** @param {number | undefined} number */
function magnitude(number) {
  return Math.abs(number ?? 0);
}

/** How Keras 3 writes arrays. */
const ARRAYS = ['__tensor__', '__numpy__'];
