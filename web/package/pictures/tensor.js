/** Checks the tensors that callers give in place of pictures. */

import { GradCamError, show } from '../base/errors.js';

/** @import { Input } from '../engine/network.js' */

/**
 * A preprocessed picture, as a network takes it.
 * @typedef {object} Tensor
 * @property {Float32Array} data row-major
 * @property {number[]} shape the input's shape in Keras with a batch of 1, which is
 *   [1, height, width, channels] for most models
 */

/**
 * @param {Tensor} tensor
 * @param {(number | null)[]} expected shape; null allows any size
 * @param {(number | null)[]} [picture] the same as [1, height, width, channels], also allowed
 * @returns {Input} with the caller's own data
 */
export function checkTensor(tensor, expected, picture = expected) {
  const { data, shape } = tensor ?? {};
  if (!fits(shape, expected) && !fits(shape, picture)) {
    const needed = expected.map((axis) => axis ?? 'any').join(', ');
    const text = `the tensor has shape ${show(shape)}; needed: [${needed}]`;
    throw new GradCamError('INVALID_IMAGE', text);
  }
  const count = shape.reduce((product, axis) => product * axis, 1);
  if (!(data instanceof Float32Array) || data.length !== count) {
    const given = data instanceof Float32Array ? `${data.length} values` : show(data);
    const text = `the tensor's data are ${given}; needed: a Float32Array of ${count} values`;
    throw new GradCamError('INVALID_IMAGE', text);
  }
  const [, height, width, channels] = picture.map((axis, i) => axis ?? shape[i]);
  return { data, height, width, channels };
}

/**
 * Puts the channels last.
 * @param {Input} input its `height`, `width` and `channels` are the sizes of its axes, which are
 *   channels, height and width
 * @returns {Input} with data of its own
 */
export function turnInput({ data, height: channels, width: height, channels: width }) {
  const pixels = height * width;
  const turned = data.map((_, i) => data[(i % channels) * pixels + Math.floor(i / channels)]);
  return { data: turned, height, width, channels };
}

/**
 * @param {unknown} shape
 * @param {(number | null)[]} expected
 */
function fits(shape, expected) {
  if (!Array.isArray(shape) || shape.length !== expected.length) return false;
  return expected.every((axis, i) =>
    axis === null ? Number.isInteger(shape[i]) && shape[i] > 0 : shape[i] === axis,
  );
}
