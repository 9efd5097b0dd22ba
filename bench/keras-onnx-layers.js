/** The ONNX nodes of Keras' layers. A new layer is an entry of LAYERS. */

import { samePadding } from './network.js';
import { channelsFirst, ints, real, windowAttributes } from './onnx-file.js';

/** @typedef {import('./keras-onnx.js').Graph} Graph */
/** @typedef {import('./network.js').Array4} Array4 */

/**
 * A layer to write.
 * @typedef {object} Layer
 * @property {string} path
 * @property {Record<string, any>} config
 * @property {string[]} inputs names of the values that it takes
 * @property {number[][]} shapes of the inputs, as Keras has them, without the batch
 * @property {number[]} shape of the output
 * @property {string} previous the value of the layer before, which is the last one of a model
 */

/**
 * @typedef {(graph: Graph, layer: Layer) => string} Writer writes a layer's nodes and returns the
 *   name of its output
 */

/** Axes of a picture with the batch, from channels first to channels last and back. */
const TO_LAST = [0, 2, 3, 1];
const TO_FIRST = [0, 3, 1, 2];

/** The axis of the channels. */
const CHANNELS = 1;

/** Keras never divides by less. */
const SMALLEST_DEVIATION = 1e-7;

/**
 * A convolution with a kernel of Keras' layout.
 * @param {Graph} graph
 * @param {string} input
 * @param {{ kernel: Array4, group: number, bias?: Float32Array, isDepthwise?: boolean,
 *   strides?: number[], padding?: number[] }} options
 */
function convolution(graph, input, { kernel, group, bias, isDepthwise = false, ...window }) {
  const { strides = [1, 1], padding = [0, 0, 0, 0] } = window;
  const turned = channelsFirst(kernel, isDepthwise);
  const arrays = [graph.array(turned.dims, turned.data)];
  if (bias) arrays.push(graph.array([bias.length], bias));
  const attributes = windowAttributes(kernel.dims.slice(0, 2), strides, padding);
  return graph.node('Conv', [input, ...arrays], [...attributes, ints('group', group)]);
}

/**
 * Strides and padding of a window.
 * @param {Layer} layer
 * @param {number[]} kernel rows and columns, and more
 */
function windowOf({ config, shapes: [shape] }, kernel) {
  const strides = /** @type {number[]} */ (config.strides ?? kernel);
  const isSame = config.padding === 'same';
  return { strides, padding: isSame ? samePadding(shape, kernel, strides) : [0, 0, 0, 0] };
}

/**
 * @param {Graph} graph
 * @param {Layer} layer
 */
function conv2d(graph, layer) {
  const kernel = graph.weight(layer, 'kernel');
  const options = { kernel, group: layer.config.groups ?? 1, ...windowOf(layer, kernel.dims) };
  const bias = graph.findWeight(layer, 'bias')?.data;
  return activated(graph, layer, convolution(graph, layer.inputs[0], { ...options, bias }));
}

/**
 * The part of a depthwise or separable convolution that mixes no channels.
 * @param {Graph} graph
 * @param {Layer} layer
 * @param {string} name of the kernel
 * @param {Float32Array} [bias]
 */
function depthwise(graph, layer, name, bias) {
  const kernel = graph.weight(layer, name);
  const window = windowOf(layer, kernel.dims);
  const options = { kernel, group: kernel.dims[2], bias, isDepthwise: true, ...window };
  return convolution(graph, layer.inputs[0], options);
}

/**
 * @param {Graph} graph
 * @param {Layer} layer
 */
function depthwiseConv2d(graph, layer) {
  const bias = graph.findWeight(layer, 'bias')?.data;
  return activated(graph, layer, depthwise(graph, layer, 'kernel', bias));
}

/**
 * @param {Graph} graph
 * @param {Layer} layer
 */
function separableConv2d(graph, layer) {
  const spread = depthwise(graph, layer, 'depthwise_kernel');
  const kernel = graph.weight(layer, 'pointwise_kernel');
  const bias = graph.findWeight(layer, 'bias')?.data;
  return activated(graph, layer, convolution(graph, spread, { kernel, group: 1, bias }));
}

/**
 * A dense layer. On a picture it is a convolution of one position.
 * @param {Graph} graph
 * @param {Layer} layer
 */
function dense(graph, layer) {
  const { dims, data } = graph.weight(layer, 'kernel');
  const bias = graph.findWeight(layer, 'bias')?.data;
  const [input] = layer.inputs;
  if (layer.shape.length === 3) {
    const kernel = { dims: [1, 1, ...dims], data };
    return activated(graph, layer, convolution(graph, input, { kernel, group: 1, bias }));
  }
  const arrays = [graph.array(dims, data), ...(bias ? [graph.array([bias.length], bias)] : [])];
  return activated(graph, layer, graph.node('Gemm', [input, ...arrays]));
}

/**
 * Nodes of an activation function, by its name in Keras.
 * @type {Record<string, (graph: Graph, value: string) => string>}
 */
const ACTIVATIONS = {
  linear: (graph, value) => value,
  relu: (graph, value) => graph.node('Relu', [value]),
  relu6: (graph, value) => graph.node('Clip', [value, graph.scalar(0), graph.scalar(6)]),
  sigmoid: (graph, value) => graph.node('Sigmoid', [value]),
  silu: (graph, value) => graph.node('Mul', [value, graph.node('Sigmoid', [value])]),
  gelu: (graph, value) => graph.node('Gelu', [value]),
  softmax: (graph, value) => graph.node('Softmax', [value], [ints('axis', CHANNELS)]),
};

/**
 * @param {Graph} graph
 * @param {Layer} layer
 * @param {string} value before the layer's activation
 */
function activated(graph, { path, config }, value) {
  const name = config.activation ?? 'linear';
  const write = ACTIVATIONS[name];
  if (write) return write(graph, value);
  throw new Error(`no ONNX operators for the activation ${name} of ${path}`);
}

/**
 * @param {Graph} graph
 * @param {Layer} layer
 */
function batchNorm(graph, layer) {
  const count = layer.shape[layer.shape.length - 1];
  const arrays = ['gamma', 'beta', 'moving_mean', 'moving_variance'].map((name) => {
    const fallback = new Float32Array(count).fill(name === 'gamma' ? 1 : 0);
    return graph.array([count], graph.findWeight(layer, name)?.data ?? fallback);
  });
  const epsilon = real('epsilon', layer.config.epsilon);
  return graph.node('BatchNormalization', [...layer.inputs, ...arrays], [epsilon]);
}

/**
 * ONNX normalises the last axes, so a picture goes to channels last and back.
 * @param {Graph} graph
 * @param {Layer} layer
 */
function layerNorm(graph, layer) {
  const turn = (/** @type {string} */ value, /** @type {number[]} */ axes) =>
    layer.shape.length === 3 ? graph.node('Transpose', [value], [ints('perm', axes)]) : value;
  const arrays = ['gamma', 'beta'].map((name) => {
    const { dims, data } = graph.weight(layer, name);
    return graph.array(dims, data);
  });
  const attributes = [ints('axis', -1), real('epsilon', layer.config.epsilon)];
  const input = turn(layer.inputs[0], TO_LAST);
  return turn(graph.node('LayerNormalization', [input, ...arrays], attributes), TO_FIRST);
}

/**
 * An array with a value for each channel of a picture.
 * @param {Graph} graph
 * @param {ArrayLike<number>} values
 */
const perChannel = (graph, values) => graph.array([values.length, 1, 1], values);

/**
 * @param {Graph} graph
 * @param {Layer} layer
 */
function normalization(graph, layer) {
  const [mean, variance] = ['mean', 'variance'].map(
    (name) => layer.config[name] ?? graph.weight(layer, name).data,
  );
  const deviations = Float32Array.from(variance, (value) =>
    Math.max(Math.sqrt(value), SMALLEST_DEVIATION),
  );
  const centred = graph.node('Sub', [...layer.inputs, perChannel(graph, mean)]);
  return graph.node('Div', [centred, perChannel(graph, deviations)]);
}

/**
 * @param {Graph} graph
 * @param {Layer} layer
 */
function rescaling(graph, { config: { scale, offset }, inputs }) {
  const array = (/** @type {number | number[]} */ value) =>
    typeof value === 'number' ? graph.scalar(value) : perChannel(graph, value);
  const scaled = graph.node('Mul', [...inputs, array(scale)]);
  return offset === 0 ? scaled : graph.node('Add', [scaled, array(offset)]);
}

/**
 * @param {Graph} graph
 * @param {Layer} layer
 */
function zeroPadding(graph, { config, inputs }) {
  const [[top, bottom], [left, right]] = config.padding;
  return graph.node('Pad', [...inputs, graph.integers([0, 0, top, left, 0, 0, bottom, right])]);
}

/**
 * @param {Graph} graph
 * @param {Layer} layer
 */
function cropping(graph, { config, inputs, shape: [rows, columns] }) {
  const [[top], [left]] = config.cropping;
  const ends = [top + rows, left + columns];
  const lists = [[top, left], ends, [2, 3]].map((list) => graph.integers(list));
  return graph.node('Slice', [...inputs, ...lists]);
}

/**
 * @param {'MaxPool' | 'AveragePool'} type
 * @returns {Writer}
 */
function pooling(type) {
  return (graph, layer) => {
    const size = /** @type {number[]} */ (layer.config.pool_size);
    const { strides, padding } = windowOf(layer, size);
    return graph.node(type, layer.inputs, windowAttributes(size, strides, padding));
  };
}

/**
 * @param {Graph} graph
 * @param {Layer} layer
 */
function globalAverage(graph, { config, inputs }) {
  const mean = graph.node('GlobalAveragePool', inputs);
  return config.keepdims ? mean : graph.node('Flatten', [mean]);
}

/**
 * A list of channels to a picture of one position.
 * @param {Graph} graph
 * @param {Layer} layer
 */
function reshape(graph, { path, inputs, shape, shapes: [from] }) {
  const [rows, columns, channels] = shape;
  if (from.length === 1 && shape.length === 3 && rows * columns === 1) {
    return graph.node('Reshape', [...inputs, graph.integers([1, channels, 1, 1])]);
  }
  throw new Error(`no ONNX operators for the Reshape layer ${path}, from [${from}] to [${shape}]`);
}

/**
 * An operator of two values, also for more of them.
 * @param {'Add' | 'Mul'} type
 * @returns {Writer}
 */
function merge(type) {
  return (graph, { path, inputs }) => {
    if (inputs.length < 2) throw new Error(`no ONNX operators for the constant of ${path}`);
    return inputs.reduce((sum, input) => graph.node(type, [sum, input]));
  };
}

/** Layers by their class in Keras. @type {Record<string, Writer>} */
export const LAYERS = {
  InputLayer: (graph, { inputs }) => inputs[0] ?? 'input',
  Sequential: (graph, { previous }) => previous,
  Functional: (graph, { previous }) => previous,
  Dropout: (graph, { inputs }) => inputs[0],
  Rescaling: rescaling,
  Normalization: normalization,
  ZeroPadding2D: zeroPadding,
  Cropping2D: cropping,
  Conv2D: conv2d,
  DepthwiseConv2D: depthwiseConv2d,
  SeparableConv2D: separableConv2d,
  Dense: dense,
  BatchNormalization: batchNorm,
  LayerNormalization: layerNorm,
  LayerScale: (graph, layer) =>
    graph.node('Mul', [...layer.inputs, perChannel(graph, graph.weight(layer, 'gamma').data)]),
  Activation: (graph, layer) => activated(graph, layer, layer.inputs[0]),
  MaxPooling2D: pooling('MaxPool'),
  AveragePooling2D: pooling('AveragePool'),
  GlobalAveragePooling2D: globalAverage,
  Add: merge('Add'),
  Multiply: merge('Mul'),
  Concatenate: (graph, { inputs }) => graph.node('Concat', inputs, [ints('axis', CHANNELS)]),
  Reshape: reshape,
};
