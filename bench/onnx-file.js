/**
 * Writes an ONNX file, which is a ModelProto of onnx.proto3, opset 20. ONNX has the channels first,
 * so the kernels are turned round. The caller must turn the input round too.
 */

import { bytes, concat, float, integer, message, text } from './protobuf.js';

/** @typedef {import('./network.js').Array4} Array4 */

/**
 * @typedef {object} OnnxNode
 * @property {string} type of the operator
 * @property {string[]} inputs names of values and arrays
 * @property {string} output name of the value
 * @property {Uint8Array[]} [attributes]
 */

/**
 * @typedef {object} OnnxGraph
 * @property {OnnxNode[]} nodes of which the last one gives the value "output"
 * @property {Uint8Array[]} arrays each from tensor() or integers()
 * @property {number[]} input shape of a picture, [rows, columns, channels]
 * @property {number[]} output shape without the batch
 */

/** Types of values. */
const [FLOAT, INT64] = [1, 7];
/** Types of attributes. */
const [ATTRIBUTE_FLOAT, ATTRIBUTE_INT, ATTRIBUTE_INTS] = [1, 2, 7];

/**
 * @param {OnnxGraph} graph
 * @returns {Uint8Array} a file with the input "input", [1, channels, rows, columns], and the output
 *   "output", [1, ...]
 */
export function onnxFile({ nodes, arrays, input: [rows, columns, channels], output }) {
  const graph = [
    ...nodes.map(nodeBytes),
    text(2, 'network'),
    ...arrays,
    valueInfo(11, 'input', [1, channels, rows, columns]),
    valueInfo(12, 'output', [1, ...output]),
  ];
  const opset = message(8, [text(1, ''), integer(2, 20)]);
  return concat([integer(1, 9), text(2, 'gradcam-wasm bench'), message(7, graph), opset]);
}

/** @param {OnnxNode} node */
function nodeBytes({ type, inputs, output, attributes = [] }) {
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
export function ints(name, value) {
  const isList = Array.isArray(value);
  const values = isList ? value.map((one) => integer(8, one)) : [signed(3, value)];
  return message(5, [
    text(1, name),
    ...values,
    integer(20, isList ? ATTRIBUTE_INTS : ATTRIBUTE_INT),
  ]);
}

/**
 * An attribute of one float32.
 * @param {string} name
 * @param {number} value
 */
export function real(name, value) {
  return message(5, [text(1, name), float(2, value), integer(20, ATTRIBUTE_FLOAT)]);
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
 * The attributes of a window that moves over rows and columns.
 * @param {number[]} kernel rows and columns of the window
 * @param {number[]} strides
 * @param {number[]} padding top, bottom, left, right
 */
export function windowAttributes(kernel, strides, [top, bottom, left, right]) {
  return [
    ints('kernel_shape', kernel),
    ints('strides', strides),
    ints('pads', [top, left, bottom, right]),
  ];
}

/**
 * [rows, columns, in, filters] to [filters, in, rows, columns]. The channels of a depthwise kernel
 * are its filters.
 * @param {Array4} kernel
 * @param {boolean} isDepthwise
 * @returns {Array4}
 */
export function channelsFirst({ dims, data }, isDepthwise) {
  const [rows, columns] = dims;
  const [inputs, filters] = isDepthwise ? [1, dims[2] * dims[3]] : dims.slice(2);
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
 * An array of float32.
 * @param {string} name
 * @param {Array4} array
 */
export function tensor(name, { dims, data }) {
  return arrayBytes(name, FLOAT, dims, data);
}

/**
 * A list of whole numbers that an operator takes as an input.
 * @param {string} name
 * @param {number[]} values
 */
export function integers(name, values) {
  return arrayBytes(name, INT64, [values.length], BigInt64Array.from(values, BigInt));
}

/**
 * @param {string} name
 * @param {number} type
 * @param {number[]} dims
 * @param {Float32Array | BigInt64Array} data
 */
function arrayBytes(name, type, dims, data) {
  return message(5, [
    ...dims.map((axis) => integer(1, axis)),
    integer(2, type),
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
