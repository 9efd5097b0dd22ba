/**
 * A network as an ONNX file, which is a ModelProto of onnx.proto3, opset 13. ONNX has the channels
 * first, so the kernels are turned round. The caller must turn the input round too.
 */

import { bytes, concat, integer, message, text } from './protobuf.js';

/** @typedef {import('./network.js').Step} Step */

const FLOAT = 1;
const ATTRIBUTE_INT = 2;
const ATTRIBUTE_INTS = 7;

/**
 * @param {Step[]} steps
 * @returns {Uint8Array} a file with the input "input", [1, channels, rows, columns], and the output
 *   "output", [1, classes]
 */
export function toOnnx(steps) {
  const nodes = steps.flatMap((step, i) => nodesOf(step, i, i === steps.length - 1));
  const arrays = steps.flatMap((step, i) => arraysOf(step, i));
  const [rows, columns, channels] = steps[0].shape;
  const graph = [
    ...nodes,
    text(2, 'network'),
    ...arrays,
    valueInfo(11, 'input', [1, channels, rows, columns]),
    valueInfo(12, 'output', [1, ...(steps.at(-1)?.shape ?? [])]),
  ];
  const opset = message(8, [text(1, ''), integer(2, 13)]);
  return concat([integer(1, 8), text(2, 'gradcam-wasm bench'), message(7, graph), opset]);
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
    return node(type, taken, value, attributes);
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
  const [top, bottom, left, right] = padding;
  return [
    ints('kernel_shape', dims.slice(0, 2)),
    ints('strides', strides),
    ints('pads', [top, left, bottom, right]),
    ints('group', op === 'depthwise' ? dims[2] : 1),
  ];
}

/**
 * @param {string} type
 * @param {string[]} inputs
 * @param {string} output
 * @param {Uint8Array[]} attributes
 */
function node(type, inputs, output, attributes) {
  return message(1, [
    ...inputs.map((name) => text(1, name)),
    text(2, output),
    text(3, output),
    text(4, type),
    ...attributes,
  ]);
}

/**
 * An attribute of whole numbers, or of one.
 * @param {string} name
 * @param {number[] | number} value
 */
function ints(name, value) {
  const isList = Array.isArray(value);
  const values = isList ? value.map((one) => integer(8, one)) : [signed(3, value)];
  return message(5, [
    text(1, name),
    ...values,
    integer(20, isList ? ATTRIBUTE_INTS : ATTRIBUTE_INT),
  ]);
}

/**
 * A number that may be -1: 64 bits, two's complement.
 * @param {number} field
 * @param {number} value
 */
function signed(field, value) {
  if (value >= 0) return integer(field, value);
  return Uint8Array.from([field * 8, ...new Array(9).fill(0xff), 0x01]);
}

/**
 * @param {Step} step
 * @param {number} i
 */
function arraysOf({ kernel, bias, max, op }, i) {
  const arrays = [];
  if (kernel)
    arrays.push(tensor(`kernel_${i}`, op === 'dense' ? kernel : channelsFirst(kernel, op)));
  if (bias) arrays.push(tensor(`bias_${i}`, { dims: [bias.length], data: bias }));
  if (max !== undefined) {
    arrays.push(tensor(`zero_${i}`, { dims: [], data: Float32Array.of(0) }));
    arrays.push(tensor(`max_${i}`, { dims: [], data: Float32Array.of(max) }));
  }
  return arrays;
}

/**
 * [rows, columns, in, filters] to [filters, in, rows, columns]. The channels of a depthwise kernel
 * are its filters.
 * @param {import('./network.js').Array4} kernel
 * @param {Step['op']} op
 */
function channelsFirst({ dims, data }, op) {
  const [rows, columns] = dims;
  const [inputs, filters] = op === 'depthwise' ? [1, dims[2]] : dims.slice(2);
  const positions = rows * columns;
  const turned = new Float32Array(data.length);
  for (let p = 0; p < positions; p++) {
    for (let c = 0; c < inputs; c++) {
      for (let f = 0; f < filters; f++) {
        turned[(f * inputs + c) * positions + p] = data[(p * inputs + c) * filters + f];
      }
    }
  }
  return { dims: [filters, inputs, rows, columns], data: turned };
}

/**
 * @param {string} name
 * @param {import('./network.js').Array4} array
 */
function tensor(name, { dims, data }) {
  return message(5, [
    ...dims.map((axis) => integer(1, axis)),
    integer(2, FLOAT),
    text(8, name),
    bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  ]);
}

/**
 * @param {number} field
 * @param {string} name
 * @param {number[]} dims
 */
function valueInfo(field, name, dims) {
  const shape = message(
    2,
    dims.map((axis) => message(1, [integer(1, axis)])),
  );
  return message(field, [text(1, name), message(2, [message(1, [integer(1, FLOAT), shape])])]);
}
