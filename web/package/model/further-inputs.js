/** Reads the values of a model's further inputs, which are constants of a run. */

import { GradCamError, show } from '../base/errors.js';

/** @import { Tensor } from '../pictures/tensor.js' */
/** @import { ModelEnd } from './model-info.js' */

/**
 * The values of a further input, in row-major order. One number will do for an input of one value.
 * @typedef {number | number[] | Float32Array | Tensor} InputValues
 */

/**
 * @param {readonly ModelEnd[]} inputs that the model has
 * @param {unknown} given values by the names of the inputs
 * @returns {Float32Array[] | undefined} in the order of `inputs`; undefined if there are none
 */
export function readFurtherInputs(inputs, given = {}) {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    const text = `inputs is ${show(given)}; allowed: an object with values by names of inputs`;
    throw new GradCamError('INVALID_ARGUMENT', text);
  }
  const values = /** @type {Record<string, unknown>} */ (given);
  checkNames(inputs, values);
  return inputs.length === 0 ? undefined : inputs.map((input) => readInput(input, values));
}

/**
 * @param {readonly ModelEnd[]} inputs
 * @param {Record<string, unknown>} given
 */
function checkNames(inputs, given) {
  const names = inputs.map(({ name }) => name);
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const allowed =
      inputs.length === 0 ? 'none besides the picture' : inputs.map(describe).join(', ');
    const text = `the model has no further input ${show(unknown)}; its further inputs: ${allowed}`;
    throw new GradCamError('INVALID_ARGUMENT', text);
  }
  const missing = inputs.filter(({ name }) => given[name] === undefined);
  if (missing.length === 0) return;
  const [{ name }] = missing;
  throw new GradCamError(
    'INVALID_ARGUMENT',
    `the model takes more than a picture; missing: ${missing.map(describe).join(', ')}. Give ` +
      `values to model.run() as inputs: { ${JSON.stringify(name)}: [...] }, or on the command ` +
      `line as --input ${name}=1,2,3`,
  );
}

/** @param {ModelEnd} input */
function describe({ name, shape }) {
  return `${name} of shape (${shape.map((axis) => axis ?? 'batch').join(', ')})`;
}

/**
 * @param {ModelEnd} input
 * @param {Record<string, unknown>} given
 * @returns {Float32Array}
 */
function readInput(input, given) {
  const values = Float32Array.from(readValues(input, given[input.name]));
  const count = sizeOf(input.shape.slice(1));
  if (values.length !== count) {
    const text = `input ${describe(input)} takes ${count} values, not ${values.length}`;
    throw new GradCamError('INVALID_ARGUMENT', text);
  }
  if (values.every((value) => Number.isFinite(value))) return values;
  const at = values.findIndex((value) => !Number.isFinite(value));
  const text = `input ${describe(input)} holds ${values[at]} at index ${at}: no finite number`;
  throw new GradCamError('INVALID_INPUT', text);
}

/**
 * @param {ModelEnd} input
 * @param {unknown} given
 * @returns {ArrayLike<number>}
 */
function readValues(input, given) {
  if (typeof given === 'number') return [given];
  if (given instanceof Float32Array) return given;
  if (Array.isArray(given) && given.every((value) => typeof value === 'number')) return given;
  const { data, shape } = /** @type {Partial<Tensor>} */ (given ?? {});
  const needed = [1, ...input.shape.slice(1)];
  if (data instanceof Float32Array && show(shape) === show(needed)) return data;
  throw new GradCamError(
    'INVALID_ARGUMENT',
    `input ${describe(input)} is ${show(given)}; allowed: numbers, a Float32Array or ` +
      `{ data: Float32Array, shape: [${needed.join(', ')}] }`,
  );
}

/** @param {(number | null)[]} shape whose sizes are known */
function sizeOf(shape) {
  return shape.reduce((/** @type {number} */ product, axis) => product * (axis ?? 1), 1);
}
