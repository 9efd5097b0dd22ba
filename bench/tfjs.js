/** A Keras network as a TensorFlow.js layers model, whose configurations are those of Keras 2. */

/** @typedef {import('./network.js').Source} Source */

/**
 * @param {Source} source
 * @returns {object} tfjs' ModelArtifacts
 */
export function toTfjs({ config, layers, weights }) {
  const types = new Map(layers.map(({ path, type }) => [path, type]));
  const named = [...weights].map(([path, array]) => ({ name: tfjsName(path, types), ...array }));
  const data = new Float32Array(named.reduce((sum, { data }) => sum + data.length, 0));
  let offset = 0;
  for (const { data: values } of named) {
    data.set(values, offset);
    offset += values.length;
  }
  return {
    modelTopology: { model_config: toKeras2(config), keras_version: '2.15.0' },
    weightSpecs: named.map(({ name, dims }) => ({ name, shape: dims, dtype: 'float32' })),
    weightData: data.buffer,
  };
}

/**
 * The layer and the array, without the nested model that the layer is in.
 * @param {string} path
 * @param {Map<string, string>} types of layers, by their paths
 */
function tfjsName(path, types) {
  const [layer, array] = path.split('/').slice(-2);
  const isDepthwise = types.get(path.slice(0, path.lastIndexOf('/'))) === 'DepthwiseConv2D';
  return `${layer}/${isDepthwise && array === 'kernel' ? 'depthwise_kernel' : array}`;
}

/**
 * @param {any} model or layer
 * @returns {any}
 */
function toKeras2({ class_name: type, config, inbound_nodes: nodes = [] }) {
  const {
    layers,
    input_layers: inputs,
    output_layers: outputs,
    batch_shape: shape,
    ...rest
  } = config;
  const { dtype: _, registered_name: __, ...kept } = rest;
  if (shape)
    return { ...layer(type, config.name, nodes), config: { ...kept, batch_input_shape: shape } };
  if (!layers) return { ...layer(type, config.name, nodes), config: kept };
  return {
    ...layer(type, config.name, nodes),
    config: {
      name: config.name,
      layers: layers.map(toKeras2),
      input_layers: listOfTriples(inputs),
      output_layers: listOfTriples(outputs),
    },
  };
}

/**
 * @param {string} type
 * @param {string} name
 * @param {any[]} nodes
 */
function layer(type, name, nodes) {
  return { class_name: type, name, inbound_nodes: nodes.map(inboundNode) };
}

/** The layers that a call takes: [name, call, tensor, arguments] each. @param {any} node */
function inboundNode(node) {
  if (Array.isArray(node)) return node;
  return node.args.flat().map((/** @type {any} */ tensor) => [...tensor.config.keras_history, {}]);
}

/** [name, call, tensor], or a list of such, as a list. @param {any[]} value */
function listOfTriples(value) {
  return typeof value[0] === 'string' ? [value] : value;
}
