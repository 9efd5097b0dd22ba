/**
 * Restores the kernels of Dense layers that Keras 3 has quantised, by model.quantize('int8') or
 * 'int4'. The units are the last axis of every array:
 *   int8           kernel [in][units]            scale [units]            q / scale
 *   int4           kernel [in][units / 2]        scale [units]            q / scale
 *   int4, grouped  kernel [in][units / 2]        scale, zero [groups][units], group [in]
 *                                                (q - zero[group]) scale[group]
 * Two numbers of four bits are in one byte, the first in its lower half. Until Keras 3.14 they were
 * neighbours along the axis of inputs. Keras also rounds the layer's input to 8 bits, which is left
 * out: it would have no gradient.
 */

import { GradCamError, show } from '../base/errors.js';
import { writeJson } from '../base/json.js';
import { layersOf, parseConfig } from './config.js';

/** @import { Container, Weight } from './index.js' */

/**
 * The arrays of a quantised layer.
 * @typedef {{ kernel: Weight, scale: Weight, zero?: Weight, group?: Weight }} Arrays
 */

/** What Keras 3's store has after the kernel, by the number of arrays. A bias may be missing. */
const STORED = ['scale', 'zero', 'group'];
/** Names of the arrays in .h5 files. */
const NAMES = { kernel: 'kernel', kernel_scale: 'scale', kernel_zero: 'zero', g_idx: 'group' };

/**
 * @param {Container} container
 * @returns {Container}
 */
export function dequantize(container) {
  if (container.config === undefined || !/"int[48]/.test(container.config)) return container;
  const model = parseConfig(container.config);
  const layers = layersOf(model).filter(
    ({ class_name: type, config }) => type === 'Dense' && /^int[48]/.test(modeOf(config)),
  );
  const modes = new Set(layers.map(({ config }) => modeOf(config).slice(0, 4)));
  if (modes.size === 0) return container;
  if (modes.size > 1) {
    throw new GradCamError('UNSUPPORTED_LAYER', 'layers of int4 and of int8 stand side by side');
  }
  for (const { config } of layers) config.dtype = 'float32';
  const weights = restore(container.weights, modes.has('int4'));
  return { ...container, config: writeJson(model), weights };
}

/**
 * How a layer is quantised, as "int8" or "int4/128". Keras 3.3 wrote "int8_from_float32".
 * @param {any} config
 */
function modeOf(config) {
  const policy = config?.dtype?.config ?? config?.dtype;
  return String(policy?.mode ?? policy?.name ?? policy);
}

/**
 * @param {Weight[]} weights
 * @param {boolean} isInt4
 */
function restore(weights, isInt4) {
  const kernels = weights.filter(({ name, shape, isInteger }) => {
    return /(\/vars\/0|\/kernel)$/.test(name) && shape.length === 2 && isInteger?.();
  });
  /** @type {Map<Weight, Weight | undefined>} what takes the place of a weight */
  const changed = new Map();
  for (const kernel of kernels) {
    const { bias, ...arrays } = arraysOf(kernel, weights);
    for (const weight of Object.values(arrays)) changed.set(weight, undefined);
    changed.set(kernel, toFloat(arrays, isInt4));
  }
  return weights.flatMap((weight) => (changed.has(weight) ? (changed.get(weight) ?? []) : weight));
}

/**
 * The arrays of the layer that has this kernel.
 * @param {Weight} kernel
 * @param {Weight[]} weights
 * @returns {Arrays & { bias?: Weight }}
 */
function arraysOf(kernel, weights) {
  const folder = kernel.name.slice(0, kernel.name.lastIndexOf('/') + 1);
  const own = weights.filter(
    ({ name }) => name.startsWith(folder) && !name.slice(folder.length).includes('/'),
  );
  const found = kernel.name.endsWith('/kernel') ? byName(own, folder) : byNumber(own, folder);
  if (found.scale) return /** @type {any} */ ({ kernel, ...found });
  throw invalid(kernel, 'the file lacks its scale');
}

/**
 * @param {Weight[]} own weights of the layer
 * @param {string} folder
 * @returns {Record<string, Weight>}
 */
function byName(own, folder) {
  const names = /** @type {Record<string, string>} */ (NAMES);
  const known = own.map((weight) => [names[weight.name.slice(folder.length)], weight]);
  return Object.fromEntries(known.filter(([name]) => name !== undefined));
}

/**
 * @param {Weight[]} own weights of the layer
 * @param {string} folder
 * @returns {Record<string, Weight>}
 */
function byNumber(own, folder) {
  const at = (/** @type {number} */ i) => own.find(({ name }) => name === `${folder}${i}`);
  // With a bias there are 3 or 5 arrays, without it 2 or 4.
  const first = own.length % 2 === 1 ? 2 : 1;
  const arrays = STORED.map((name, i) => [name, at(first + i)]);
  return Object.fromEntries(arrays.filter(([, weight]) => weight !== undefined));
}

/**
 * @param {Arrays} arrays
 * @param {boolean} isInt4
 * @returns {Weight}
 */
function toFloat(arrays, isInt4) {
  const { kernel, scale, zero, group } = arrays;
  const units = scale.shape.at(-1) ?? 0;
  const isAlongUnits = isInt4 && kernel.shape[1] === Math.ceil(units / 2) && units > 1;
  if (!isAlongUnits && kernel.shape[1] !== units) {
    throw invalid(
      kernel,
      `its shape is ${show(kernel.shape)}, that of its scale ${show(scale.shape)}`,
    );
  }
  const rows = isInt4 && !isAlongUnits ? 2 * kernel.shape[0] : kernel.shape[0];
  const inputs = group?.size ?? rows;
  if (inputs > rows || (zero && (!group || zero.size !== scale.size))) {
    throw invalid(kernel, 'its groups do not fit');
  }
  const size = inputs * units;
  const integerAt = isInt4 ? unpack(kernel, isAlongUnits) : whole(kernel);
  const read = (first = 0, end = size) => {
    const [integers, scales, zeros, groups] = [
      integerAt(),
      scale.read(),
      zero?.read(),
      group?.read(),
    ];
    return Float32Array.from({ length: end - first }, (_, n) => {
      const [row, column] = [Math.floor((first + n) / units), (first + n) % units];
      const i = (groups?.[row] ?? 0) * units + column;
      const value = integers(row, column);
      return zeros ? (value - zeros[i]) * scales[i] : value / scales[i];
    });
  };
  return { name: kernel.name, shape: [inputs, units], size, read };
}

/** @param {Weight} kernel */
function whole(kernel) {
  const columns = kernel.shape[1];
  return () => {
    const values = kernel.read();
    return (/** @type {number} */ row, /** @type {number} */ column) =>
      values[row * columns + column];
  };
}

/**
 * @param {Weight} kernel two numbers in a byte
 * @param {boolean} isAlongUnits whether these are neighbours along the units
 */
function unpack(kernel, isAlongUnits) {
  const columns = kernel.shape[1];
  return () => {
    const bytes = kernel.read();
    return (/** @type {number} */ row, /** @type {number} */ column) => {
      const [y, x] = isAlongUnits ? [row, column >> 1] : [row >> 1, column];
      const isUpper = (isAlongUnits ? column : row) & 1;
      const bits = (bytes[y * columns + x] >> (isUpper ? 4 : 0)) & 15;
      return (bits ^ 8) - 8;
    };
  };
}

/**
 * @param {Weight} kernel
 * @param {string} reason
 */
function invalid({ name }, reason) {
  return new GradCamError('INVALID_MODEL', `the quantised kernel ${name} is broken: ${reason}`);
}
