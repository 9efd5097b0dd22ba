/**
 * The channels of a layer that speak most for and against a target. Grad-CAM is a sum over the
 * channels, and a channel's part in it is its weight times its output.
 */

import { GradCamError, show } from '../base/errors.js';
import { LOGIT, SCORE } from '../engine/network.js';
import { resolveLayers } from './layers.js';
import { labelOf, weightsOf } from '../attribution/targets.js';
import { readTargets, seedOfWeights } from './targets.js';

/** @import { LayerChoice } from './layers.js' */
/** @import { Target, TargetChoice } from '../attribution/targets.js' */
/** @import { Explained } from './targets.js' */

/**
 * @typedef {object} ChannelsOptions
 * @property {TargetChoice} [target] index or label of a class, or weights of classes (default: the
 *   class with the highest score)
 * @property {LayerChoice} [layer] default: the last layer with more than one position
 * @property {number} [top] how many channels of each kind (default 10)
 * @property {boolean} [logits] whether the logit is explained, not the score (default true)
 */

/**
 * A channel of a layer, and what it does for a class.
 * @typedef {object} Channel
 * @property {number} channel its index
 * @property {number} weight mean gradient of what is explained, with regard to the channel
 * @property {number} contribution weight times the channel's mean output
 * @property {{ data: Float32Array, width: number, height: number }} map [height][width], the
 *   weight times the channel's output. The maps of all channels add up to the raw map of Grad-CAM
 */

/**
 * @typedef {object} Channels
 * @property {Target} target
 * @property {string} label
 * @property {string} layer
 * @property {number} count channels of the layer
 * @property {number} total sum of the contributions of all channels, which is the mean of the raw
 *   map of Grad-CAM
 * @property {Channel[]} positive with the largest contributions, the largest first
 * @property {Channel[]} negative with the most negative contributions, the most negative first
 */

/**
 * @param {Explained} explained
 * @param {ChannelsOptions} options
 * @returns {Channels}
 */
export function findChannels(explained, { target, layer, top = 10, logits = true }) {
  const { model, network, run } = explained;
  if (!Number.isInteger(top) || top < 1) {
    throw new GradCamError('INVALID_ARGUMENT', `top is ${show(top)}; allowed: 1, 2, 3, ...`);
  }
  const targets = readTargets(explained, target);
  const layers = resolveLayers(network, model.layers, layer);
  if (targets.length > 1 || layers.length > 1) {
    throw new GradCamError('INVALID_ARGUMENT', 'channels() takes one target and one layer');
  }
  const seed = seedOfWeights(explained, weightsOf(targets[0]), logits);
  const output = logits ? LOGIT : SCORE;
  const [[[map]]] = network.explain(['gradCam'], run.input, [seed], output, layers);
  const [gradient] = network.gradients(run.input, output, seed, layers);
  const activation = network.activation(run.input, layers[0]);
  const { path, shape, channelsFirst } = model.description.layers[layers[0]];
  const channelCount = Number(shape.at(channelsFirst ? 0 : -1));
  const read = { size: map, channelsFirst, channels: channelCount };
  const channels = measure(gradient, activation, read);
  const drawn = (/** @type {Measured} */ channel) => draw(channel, activation, read);
  const ordered = [...channels].sort((a, b) => b.contribution - a.contribution);
  return {
    target: targets[0],
    label: labelOf(model, targets[0]),
    layer: path,
    count: channels.length,
    total: channels.reduce((sum, { contribution }) => sum + contribution, 0),
    positive: ordered
      .filter(({ contribution }) => contribution > 0)
      .slice(0, top)
      .map(drawn),
    negative: ordered
      .filter(({ contribution }) => contribution < 0)
      .reverse()
      .slice(0, top)
      .map(drawn),
  };
}

/**
 * @typedef {object} Read
 * @property {{ height: number, width: number }} size of the layer's map
 * @property {boolean} channelsFirst whether the axis of the channels is the first
 * @property {number} channels
 */

/** @typedef {Omit<Channel, 'map'> & { at: (position: number) => number }} Measured */

/**
 * @param {Float32Array} gradient
 * @param {Float32Array} activation
 * @param {Read} read
 * @returns {Measured[]} all channels
 */
function measure(gradient, activation, { size: { height, width }, channelsFirst, channels }) {
  const positions = height * width;
  // The first token of a vision transformer may be no part of the picture.
  const skipped = activation.length / channels - positions;
  return Array.from({ length: channels }, (_, channel) => {
    const at = (/** @type {number} */ position) =>
      channelsFirst ? channel * positions + position : (skipped + position) * channels + channel;
    let [weight, output] = [0, 0];
    for (let p = 0; p < positions; p++) {
      weight += gradient[at(p)] / positions;
      output += activation[at(p)] / positions;
    }
    return { channel, weight, contribution: weight * output, at };
  });
}

/**
 * @param {Measured} measured
 * @param {Float32Array} activation
 * @param {Read} read
 * @returns {Channel}
 */
function draw({ channel, weight, contribution, at }, activation, { size: { height, width } }) {
  const data = new Float32Array(height * width);
  for (let p = 0; p < data.length; p++) data[p] = weight * activation[at(p)];
  return { channel, weight, contribution, map: { data, width, height } };
}
