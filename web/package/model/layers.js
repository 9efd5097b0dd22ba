/** Finds the layers that a caller names. */

import { GradCamError, show } from '../base/errors.js';

/** @import { Network } from '../engine/network.js' */
/** @import { Layer } from './model-info.js' */

/**
 * A layer to explain. It is a name, an index in `model.layers` or an entry of `model.layers`. The
 * name is the layer's path, or the last part of the path if no other layer has it. A negative index
 * counts from the end.
 * @typedef {string | number | Layer} LayerChoice
 */

/**
 * The network's indices of the layers that a caller chose.
 * @param {Network} network
 * @param {readonly Layer[]} layers
 * @param {LayerChoice | readonly LayerChoice[] | 'all' | null | undefined} choice the default layer
 *   if it is left out, every layer with rows and columns if it is 'all'
 * @returns {number[]}
 */
export function resolveLayers(network, layers, choice) {
  if (choice === undefined || choice === null) return [defaultLayer(network)];
  if (choice === 'all') return layersWithPositions(network, layers);
  if (!Array.isArray(choice)) return [resolveLayer(network, layers, choice)];
  // map() would skip the gaps of a list, which may be billions.
  if (choice.length > 0) return Array.from(choice, (one) => resolveLayer(network, layers, one));
  throw new GradCamError(
    'INVALID_ARGUMENT',
    'layer is an empty list; leave it out for the default layer',
  );
}

/** @param {Network} network */
function defaultLayer(network) {
  const index = network.defaultLayer;
  if (index >= 0) return index;
  throw noPositions();
}

function noPositions() {
  return new GradCamError('INVALID_LAYER', 'no layer of the model has rows and columns to map');
}

/**
 * @param {Network} network
 * @param {readonly Layer[]} layers
 */
function layersWithPositions(network, layers) {
  const indices = network.layerIndices;
  const mapped = layers.filter(({ outputShape }) => outputShape.length === 4);
  if (mapped.length === 0) throw noPositions();
  return mapped.map(({ name }) => /** @type {number} */ (indices.get(name)));
}

/**
 * @param {Network} network
 * @param {readonly Layer[]} layers
 * @param {unknown} choice
 * @returns {number}
 */
function resolveLayer(network, layers, choice) {
  if (typeof choice === 'string') return network.findLayer(choice);
  if (typeof choice === 'number') return network.findLayer(layerAt(layers, choice).name);
  const { name } = /** @type {{ name?: unknown }} */ (choice ?? {});
  if (typeof name === 'string') return network.findLayer(name);
  const allowed = 'a name, an index or an entry of model.layers';
  throw new GradCamError('INVALID_ARGUMENT', `layer is ${show(choice)}; allowed: ${allowed}`);
}

/**
 * @param {readonly Layer[]} layers
 * @param {number} index
 */
function layerAt(layers, index) {
  const count = layers.length;
  const layer = layers.at(index);
  if (layer && Number.isInteger(index)) return layer;
  const allowed = `${-count} to ${count - 1}`;
  throw new GradCamError('UNKNOWN_LAYER', `no layer has the index ${index}; allowed: ${allowed}`);
}
