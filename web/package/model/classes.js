/**
 * The classes of a model, made of the network's outputs. A class is an output, with one exception.
 * A network with one output may tell two classes apart: the output p speaks for the second class,
 * and 1 - p for the first.
 */

/** @import { Run } from './run.js' */

/**
 * The mean of each class over positions. Models for segmentation, and bases without a head, give a
 * value for each position and class.
 * @param {Float32Array} values [positions][classCount]
 * @param {number} classCount
 * @returns {Float32Array} [classCount], `values` itself for one position
 */
export function meanOfPositions(values, classCount) {
  if (values.length === classCount) return values;
  const sums = new Float64Array(classCount);
  for (let i = 0; i < values.length; i++) sums[i % classCount] += values[i];
  return Float32Array.from(sums, (sum) => (sum * classCount) / values.length);
}

/**
 * Whether a network's one output stands for two classes.
 * @param {number} channelCount classes of the network
 * @param {boolean | undefined} binary what the caller says
 * @param {readonly unknown[] | undefined} labels two names mean two classes
 */
export function isBinary(channelCount, binary, labels) {
  return channelCount === 1 && (binary ?? labels?.length === 2);
}

/**
 * The values of the two classes: 1 - p and p, -z and z. If the network ends with the logit z, p is
 * the sigmoid of z.
 * @param {Float32Array} scores of the one output
 * @param {Float32Array} logits of the one output; the same as the scores if there is no activation
 * @returns {[scores: Float32Array, logits: Float32Array]}
 */
export function binaryValues([score], [logit]) {
  const proba = score === logit ? 1 / (1 + Math.exp(-logit)) : score;
  return [Float32Array.of(1 - proba, proba), Float32Array.of(-logit, logit)];
}

/**
 * What is differentiated to explain a class, as a weight for each class of the network. All
 * positions of a class have its weight.
 * @param {Pick<Run, 'scores'>} run
 * @param {number} target
 * @param {{ logits: boolean, channelCount: number, endsWithLogit: boolean }} options
 *   `endsWithLogit`: whether the network has no final softmax or sigmoid
 * @returns {Float32Array} [channelCount]
 */
export function seedOf({ scores }, target, { logits, channelCount, endsWithLogit }) {
  const seed = new Float32Array(channelCount);
  if (scores.length === channelCount) {
    seed[target] = 1;
    return seed;
  }
  // The derivative of the sigmoid, which the network itself does not have, is p (1 - p).
  const slope = endsWithLogit && !logits ? scores[0] * scores[1] : 1;
  seed[0] = target === 1 ? slope : -slope;
  return seed;
}
