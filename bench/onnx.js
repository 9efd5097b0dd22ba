/** The steps of a network as an ONNX file. */

import { channelsFirst, ints, onnxFile, tensor, windowAttributes } from './onnx-file.js';

/** @typedef {import('./network.js').Step} Step */

/**
 * @param {Step[]} steps
 * @returns {Uint8Array} a file, as onnxFile() writes it
 */
export function toOnnx(steps) {
  return onnxFile({
    nodes: steps.flatMap((step, i) => nodesOf(step, i, i === steps.length - 1)),
    arrays: steps.flatMap((step, i) => arraysOf(step, i)),
    input: steps[0].shape,
    output: steps.at(-1)?.shape ?? [],
  });
}

/** @param {number} i index of a step */
const valueName = (i) => (i === 0 ? 'input' : `value_${i}`);

/**
 * @param {Step} step
 * @param {number} i its index
 * @param {boolean} isLast
 */
function nodesOf(step, i, isLast) {
  if (step.op === 'input') return [];
  const inputs = step.inputs.map(valueName);
  const parts = operators(step, inputs, i);
  if (step.max !== undefined) parts.push(['Clip', [`zero_${i}`, `max_${i}`]]);
  if (step.softmax) parts.push(['Softmax', [], [ints('axis', -1)]]);
  let value = '';
  return parts.map(([type, more, attributes = []], p) => {
    const taken = p === 0 ? [...inputs, ...more] : [value, ...more];
    const isEnd = p === parts.length - 1;
    value = isEnd ? (isLast ? 'output' : valueName(i)) : `part_${i}_${p}`;
    return { type, inputs: taken, output: value, attributes };
  });
}

/**
 * ONNX' operators of a step: each takes what the one before gives, and more inputs.
 * @param {Step} step
 * @param {string[]} inputs
 * @param {number} i
 * @returns {[type: string, more: string[], attributes?: Uint8Array[]][]}
 */
function operators(step, inputs, i) {
  const arrays = [`kernel_${i}`, `bias_${i}`];
  switch (step.op) {
    case 'conv':
    case 'depthwise':
      return [['Conv', arrays, convolution(step)]];
    case 'add':
      return [['Add', []]];
    case 'pool':
      return [
        ['GlobalAveragePool', []],
        ['Flatten', []],
      ];
    case 'dense':
      return [['Gemm', arrays]];
    default:
      throw new Error(`no ONNX operator for ${step.op} of ${inputs.join(', ')}`);
  }
}

/** @param {Step} step */
function convolution({ op, kernel, padding = [0, 0, 0, 0], strides = [1, 1] }) {
  const dims = kernel?.dims ?? [];
  const group = ints('group', op === 'depthwise' ? dims[2] : 1);
  return [...windowAttributes(dims.slice(0, 2), strides, padding), group];
}

/**
 * @param {Step} step
 * @param {number} i
 */
function arraysOf({ kernel, bias, max, op }, i) {
  const arrays = [];
  if (kernel) {
    const turned = op === 'dense' ? kernel : channelsFirst(kernel, op === 'depthwise');
    arrays.push(tensor(`kernel_${i}`, turned));
  }
  if (bias) arrays.push(tensor(`bias_${i}`, { dims: [bias.length], data: bias }));
  if (max !== undefined) {
    arrays.push(tensor(`zero_${i}`, { dims: [], data: Float32Array.of(0) }));
    arrays.push(tensor(`max_${i}`, { dims: [], data: Float32Array.of(max) }));
  }
  return arrays;
}
