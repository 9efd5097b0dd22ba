/** Writes the configuration of a network, layer by layer, as Keras 3 does. */

/**
 * The output of a layer.
 * @typedef {object} Node
 * @property {string} name of the layer
 * @property {number[]} shape without the batch, [height, width, channels] or [channels]
 */

/** @typedef {'same' | 'valid'} Padding */
/** @typedef {[rows: [number, number], columns: [number, number]]} Sides */

/**
 * A layer of the network, with its inputs.
 * @typedef {object} Layer
 * @property {Node[]} inputs
 * @property {{ name: string, class_name: string, config: object, inbound_nodes: object[] }} entry
 */

export class Builder {
  /** @type {Map<string, Layer>} */
  #layers = new Map();
  /** @type {Map<string, number>} how many names were made for each class of layers */
  #counts = new Map();

  /**
   * @param {string} name of the model
   * @param {Builder} [outer] the model around this one. Both share the numbers in names
   */
  constructor(name, outer) {
    this.name = name;
    if (outer) this.#counts = outer.#counts;
  }

  /**
   * A name for a layer without one. Keras makes them as conv2d, conv2d_1, conv2d_2 and so on.
   * @param {string} base
   */
  autoName(base) {
    const count = this.#counts.get(base) ?? 0;
    this.#counts.set(base, count + 1);
    return count === 0 ? base : `${base}_${count}`;
  }

  /**
   * Adds a layer.
   * @param {string} className
   * @param {string} name
   * @param {Node[]} inputs
   * @param {number[]} shape of the output
   * @param {object} [config] values that are not Keras' defaults
   * @param {string} [module] of Keras that has the class
   * @returns {Node}
   */
  layer(className, name, inputs, shape, config = {}, module = 'keras.layers') {
    const tensors = inputs.map(tensor);
    const args = inputs.length > 1 ? [tensors] : tensors;
    return this.#enter(className, module, name, inputs, shape, { name, ...config }, args);
  }

  /**
   * Adds a function of keras.ops, which is a layer in the configuration.
   * @param {'Add' | 'Multiply'} className
   * @param {Node[]} inputs
   * @param {number} [constant] the last argument
   */
  operation(className, inputs, constant) {
    const name = this.autoName(className.toLowerCase());
    const args = [...inputs.map(tensor), ...(constant === undefined ? [] : [constant])];
    const { shape } = inputs[0];
    return this.#enter(className, 'keras.src.ops.numpy', name, inputs, shape, { name }, args);
  }

  /**
   * @param {string} className
   * @param {string} module
   * @param {string} name
   * @param {Node[]} inputs
   * @param {number[]} shape
   * @param {object} config
   * @param {unknown[]} args of the call
   * @returns {Node}
   */
  #enter(className, module, name, inputs, shape, config, args) {
    const entry = {
      module,
      class_name: className,
      config,
      registered_name: module.startsWith('keras.src') ? className : null,
      name,
      inbound_nodes: inputs.length > 0 ? [{ args, kwargs: {} }] : [],
    };
    this.#layers.set(name, { inputs, entry });
    return { name, shape };
  }

  /**
   * Adds the input, a picture.
   * @param {number[]} shape height, width, channels
   */
  input(shape) {
    const name = this.autoName('input_layer');
    return this.layer('InputLayer', name, [], shape, { batch_shape: [null, ...shape] });
  }

  /**
   * @param {Node} input
   * @param {string} name
   * @param {number} filters
   * @param {number | [number, number]} kernel
   * @param {{ strides?: number, padding?: Padding, bias?: boolean, activation?: string,
   *   groups?: number }} [options]
   */
  conv(input, name, filters, kernel, options = {}) {
    const { strides = 1, padding = 'same', bias = false, activation, groups } = options;
    const sizes = pair(kernel);
    const config = { ...windowConfig(sizes, strides, padding, bias), filters, activation, groups };
    const shape = windowShape(input, filters, sizes, strides, padding);
    return this.layer('Conv2D', name, [input], shape, config);
  }

  /**
   * @param {Node} input
   * @param {string} name
   * @param {number} kernel
   * @param {{ strides?: number, padding?: Padding }} [options]
   */
  depthwise(input, name, kernel, { strides = 1, padding = 'same' } = {}) {
    const sizes = pair(kernel);
    const config = windowConfig(sizes, strides, padding, false);
    const shape = windowShape(input, channels(input), sizes, strides, padding);
    return this.layer('DepthwiseConv2D', name, [input], shape, config);
  }

  /**
   * @param {Node} input
   * @param {string} name
   * @param {number} filters
   * @param {number} kernel
   * @param {{ strides?: number, padding?: Padding }} [options]
   */
  separable(input, name, filters, kernel, { strides = 1, padding = 'same' } = {}) {
    const sizes = pair(kernel);
    const config = { ...windowConfig(sizes, strides, padding, false), filters };
    const shape = windowShape(input, filters, sizes, strides, padding);
    return this.layer('SeparableConv2D', name, [input], shape, config);
  }

  /**
   * @param {Node} input
   * @param {string} name
   * @param {number} epsilon
   * @param {{ axis?: number, scale?: boolean }} [options]
   */
  batchNorm(input, name, epsilon, options = {}) {
    return this.layer('BatchNormalization', name, [input], input.shape, { epsilon, ...options });
  }

  /**
   * @param {Node} input
   * @param {string} name
   */
  layerNorm(input, name) {
    return this.layer('LayerNormalization', name, [input], input.shape, { epsilon: 1e-6 });
  }

  /**
   * A layer of the class ReLU.
   * @param {Node} input
   * @param {string} name
   * @param {number} [maxValue] the limit of the output (default none)
   */
  reluLayer(input, name, maxValue) {
    return this.layer('ReLU', name, [input], input.shape, { max_value: maxValue ?? null });
  }

  /**
   * A layer of the class Activation.
   * @param {Node} input
   * @param {string} name
   * @param {string} activation
   */
  activation(input, name, activation) {
    return this.layer('Activation', name, [input], input.shape, { activation });
  }

  /**
   * @param {Node} input
   * @param {string} name
   * @param {number} size of the window
   * @param {{ kind: 'Max' | 'Average', strides: number, padding?: Padding }} options
   */
  pool(input, name, size, { kind, strides, padding = 'valid' }) {
    const sizes = pair(size);
    const config = { pool_size: sizes, strides: pair(strides), padding };
    const shape = windowShape(input, channels(input), sizes, strides, padding);
    return this.layer(`${kind}Pooling2D`, name, [input], shape, config);
  }

  /**
   * Global average pooling.
   * @param {Node} input
   * @param {string} name
   * @param {{ keepdims?: boolean }} [options]
   */
  globalPool(input, name, { keepdims = false } = {}) {
    const shape = keepdims ? [1, 1, channels(input)] : [channels(input)];
    return this.layer('GlobalAveragePooling2D', name, [input], shape, { keepdims });
  }

  /**
   * Zero padding.
   * @param {Node} input
   * @param {string} name
   * @param {number | Sides} padding
   */
  pad(input, name, padding) {
    const sides = typeof padding === 'number' ? [pair(padding), pair(padding)] : padding;
    const shape = resized(input, sides, 1);
    return this.layer('ZeroPadding2D', name, [input], shape, { padding: sides });
  }

  /**
   * @param {Node} input
   * @param {string} name
   * @param {Sides} cropping
   */
  crop(input, name, cropping) {
    return this.layer('Cropping2D', name, [input], resized(input, cropping, -1), { cropping });
  }

  /**
   * @param {Node[]} inputs
   * @param {string} name
   */
  add(inputs, name) {
    return this.layer('Add', name, inputs, inputs[0].shape);
  }

  /**
   * @param {Node[]} inputs
   * @param {string} name
   */
  multiply(inputs, name) {
    return this.layer('Multiply', name, inputs, inputs[0].shape);
  }

  /**
   * Concatenates along the channels.
   * @param {Node[]} inputs
   * @param {string} name
   * @param {{ axis?: number }} [options] the axis of the channels, which is 3 or -1 (default -1)
   */
  concatenate(inputs, name, options) {
    const sum = inputs.reduce((total, input) => total + channels(input), 0);
    const shape = [...inputs[0].shape.slice(0, -1), sum];
    return this.layer('Concatenate', name, inputs, shape, options);
  }

  /**
   * @param {Node} input
   * @param {string} name
   * @param {number} units
   * @param {string} [activation]
   */
  dense(input, name, units, activation) {
    const shape = [...input.shape.slice(0, -1), units];
    return this.layer('Dense', name, [input], shape, { units, activation });
  }

  /**
   * @param {Node} input
   * @param {string} name
   * @param {number} rate
   */
  dropout(input, name, rate) {
    return this.layer('Dropout', name, [input], input.shape, { rate });
  }

  /**
   * @param {Node} input
   * @param {string} name
   */
  flatten(input, name) {
    const size = input.shape.reduce((product, axis) => product * axis, 1);
    return this.layer('Flatten', name, [input], [size]);
  }

  /**
   * @param {Node} input
   * @param {string} name
   * @param {number[]} shape
   */
  reshape(input, name, shape) {
    return this.layer('Reshape', name, [input], shape, { target_shape: shape });
  }

  /**
   * Adds a Sequential model as a layer.
   * @param {Node} input
   * @param {string} name
   * @param {(inner: Builder, node: Node) => Node} build adds its layers
   */
  sequential(input, name, build) {
    const inner = new Builder(name, this);
    const { shape } = build(inner, inner.input(input.shape));
    const layers = [...inner.#layers.values()].map(({ entry: { inbound_nodes, ...rest } }) => rest);
    const buildShape = [null, ...input.shape];
    const config = { layers, build_input_shape: buildShape };
    return this.layer('Sequential', name, [input], shape, config, 'keras');
  }

  /**
   * The configuration of the network that ends with an output.
   * @param {Node} output
   * @returns {string} JSON
   */
  toJson(output) {
    const names = this.#order(output.name);
    const layers = names.map((name) => /** @type {Layer} */ (this.#layers.get(name)).entry);
    const config = {
      name: this.name,
      layers,
      input_layers: [layers[0].name, 0, 0],
      output_layers: [output.name, 0, 0],
    };
    return JSON.stringify({ module: 'keras', class_name: 'Functional', config });
  }

  /**
   * The layers in Keras' order, which is the order of the weights in its files. Layers are sorted
   * by the longest path to the output, longest first. Layers with paths of the same length keep the
   * order in which a walk from the output to the input meets them.
   * @param {string} output
   */
  #order(output) {
    const walk = this.#walkBack(output);
    /** @type {Map<string, number>} */
    const depths = new Map(walk.met.map((name) => [name, 0]));
    for (const name of walk.finished.reverse()) {
      const depth = Number(depths.get(name)) + 1;
      for (const input of this.#inputs(name)) {
        depths.set(input, Math.max(depth, Number(depths.get(input))));
      }
    }
    return walk.met.sort((a, b) => Number(depths.get(b)) - Number(depths.get(a)));
  }

  /**
   * Walks from the output to the input, depth first.
   * @param {string} output
   * @returns {{ met: string[], finished: string[] }} the layers in the order in which they are met,
   *   and in the order in which all layers before them have been met
   */
  #walkBack(output) {
    const met = new Set([output]);
    /** @type {string[]} */
    const finished = [];
    const visit = (/** @type {string} */ name) => {
      for (const input of this.#inputs(name)) {
        if (met.has(input)) continue;
        met.add(input);
        visit(input);
      }
      finished.push(name);
    };
    visit(output);
    return { met: [...met], finished };
  }

  /** @param {string} name */
  #inputs(name) {
    return /** @type {Layer} */ (this.#layers.get(name)).inputs.map((input) => input.name);
  }
}

/** @param {Node} node */
export function channels({ shape }) {
  return shape[shape.length - 1];
}

/** @param {Node} input */
function tensor({ name, shape }) {
  const config = { shape: [null, ...shape], dtype: 'float32', keras_history: [name, 0, 0] };
  return { class_name: '__keras_tensor__', config };
}

/**
 * @param {number | [number, number]} value
 * @returns {[number, number]} for rows and columns
 */
function pair(value) {
  return typeof value === 'number' ? [value, value] : value;
}

/**
 * @param {[number, number]} kernel
 * @param {number} strides
 * @param {Padding} padding
 * @param {boolean} bias
 */
function windowConfig(kernel, strides, padding, bias) {
  return { kernel_size: kernel, strides: pair(strides), padding, use_bias: bias };
}

/**
 * The shape of the output of a window that moves over rows and columns.
 * @param {Node} input
 * @param {number} filters
 * @param {[number, number]} kernel
 * @param {number} strides
 * @param {Padding} padding
 */
function windowShape({ shape }, filters, kernel, strides, padding) {
  const side = (/** @type {number} */ i) =>
    Math.ceil((shape[i] - (padding === 'same' ? 0 : kernel[i] - 1)) / strides);
  return [side(0), side(1), filters];
}

/**
 * @param {Node} input
 * @param {number[][]} sides
 * @param {1 | -1} sign
 */
function resized({ shape: [height, width, depth] }, [rows, columns], sign) {
  return [height + sign * (rows[0] + rows[1]), width + sign * (columns[0] + columns[1]), depth];
}

/**
 * The zero padding for a window at stride 2 that has no padding itself. The result is that of the
 * padding "same" in the frameworks with which these networks were trained.
 * @param {Node} input
 * @param {number} kernel
 * @returns {Sides}
 */
export function stridePadding({ shape }, kernel) {
  const half = kernel >> 1;
  /** @type {(side: number) => [number, number]} */
  const sides = (side) => [half - (1 - (side % 2)), half];
  return [sides(shape[0]), sides(shape[1])];
}

/**
 * Rounds a number of channels to a multiple of `divisor`, which is at least nine tenths of the
 * number.
 * @param {number} value
 * @param {number} divisor
 */
export function roundChannels(value, divisor) {
  const rounded = Math.max(divisor, Math.floor((value + divisor / 2) / divisor) * divisor);
  return rounded < 0.9 * value ? rounded + divisor : rounded;
}
