/**
 * Merges low-rank adapters. An .h5 file of Keras 3 keeps those of a layer with enable_lora() beside
 * its kernel:
 *   kernel [..., out]    lora_kernel_a [..., rank]    lora_kernel_b [rank][out]
 *   kernel that counts = kernel + lora_kernel_a lora_kernel_b alpha / rank
 */

import { GradCamError, show } from '../base/errors.js';
import { layersOf, parseConfig } from './config.js';

/** @import { Container, Weight } from './index.js' */

const FIRST_FACTOR = /\/lora_(\w+)_a(:0)?$/;

/**
 * @param {Container} container
 * @returns {Container}
 */
export function mergeLora(container) {
  const { config, weights } = container;
  if (config === undefined || !weights.some(({ name }) => FIRST_FACTOR.test(name))) {
    return container;
  }
  const scales = readScales(config);
  const byName = new Map(weights.map((weight) => [weight.name, weight]));
  for (const a of weights) {
    const match = FIRST_FACTOR.exec(a.name);
    if (!match) continue;
    const names = [`/lora_${match[1]}_b`, `/${match[1]}`].map((end) =>
      a.name.replace(FIRST_FACTOR, `${end}$2`),
    );
    const [b, kernel] = names.map((name) => byName.get(name));
    if (!b || !kernel) throw invalid(a.name, `the file lacks ${names.join(' or ')}`);
    const layer = a.name.replace(FIRST_FACTOR, '').split('/').at(-1) ?? '';
    for (const { name } of [a, b]) byName.delete(name);
    byName.set(kernel.name, merge(kernel, a, b, scales.get(layer) ?? 1));
  }
  return { ...container, weights: [...byName.values()] };
}

/**
 * alpha / rank of the layers that have adapters, by their names. Without alpha it is 1.
 * @param {string} config
 */
function readScales(config) {
  const layers = layersOf(parseConfig(config)).filter(({ config }) => config?.lora_rank);
  /** @type {Map<string, number>} */
  const scales = new Map();
  for (const { name, lora_rank: rank, lora_alpha: alpha } of layers.map(({ config }) => config)) {
    const scale = (alpha ?? rank) / rank;
    if (!Number.isFinite(scale)) throw invalid(name, `lora_alpha is ${show(alpha)}`);
    const other = scales.get(name) ?? scale;
    if (other !== scale) throw invalid(name, 'two layers of this name have different lora_alpha');
    scales.set(name, scale);
  }
  return scales;
}

/**
 * @param {Weight} kernel
 * @param {Weight} a
 * @param {Weight} b
 * @param {number} scale alpha / rank
 * @returns {Weight}
 */
function merge(kernel, a, b, scale) {
  const rank = a.shape.at(-1) ?? 0;
  const columns = kernel.shape.at(-1) ?? 0;
  if (a.size * columns !== kernel.size * rank || b.shape.join() !== `${rank},${columns}`) {
    const shapes = [kernel, a, b].map(({ shape }) => show(shape)).join(', ');
    throw invalid(a.name, `the shapes of kernel and factors are ${shapes}`);
  }
  const read = (first = 0, end = kernel.size) => {
    const values = Float32Array.from(kernel.read(first, end));
    const [left, right] = [a.read(), b.read()];
    for (let i = first; i < end; i++) {
      const [row, column] = [Math.floor(i / columns), i % columns];
      let sum = 0;
      for (let k = 0; k < rank; k++) sum += left[row * rank + k] * right[k * columns + column];
      values[i - first] += sum * scale;
    }
    return values;
  };
  return { ...kernel, read };
}

/**
 * @param {string} name
 * @param {string} reason
 */
function invalid(name, reason) {
  return new GradCamError('INVALID_MODEL', `the adapter ${name} cannot be merged: ${reason}`);
}
