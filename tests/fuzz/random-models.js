/** Random Keras models, the same for the same seed on every machine. */

/**
 * The generator "mulberry32", which gives numbers from 0 to below 1.
 * @param {number} seed
 */
export function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** @typedef {[height: number, width: number, channels: number]} Shape */
/** @typedef {{ name: string, shape: Shape }} Tensor */

/**
 * @typedef {object} RandomModel
 * @property {string} config
 * @property {Shape} inputShape
 */

const ACTIVATIONS = [
  ...['relu', 'relu', 'relu6', 'linear', 'elu', 'gelu', 'silu', 'tanh', 'sigmoid'],
  ...['hard_sigmoid', 'hard_silu', 'mish', 'selu', 'softplus', 'softsign', 'leaky_relu'],
];

/** Writes the layers of a model one after another, and knows the shapes. */
class Builder {
  #random;
  /** @type {object[]} */
  layers = [];
  /** @type {Tensor[]} */
  tensors = [];
  /**
   * Whether neighbours may be equal but for rounding, as bilinear upsampling makes them at the
   * edges. Then rounding decides which one is the maximum of a window.
   */
  hasTies = false;

  /** @param {() => number} random */
  constructor(random) {
    this.#random = random;
  }

  /** @param {number} least @param {number} most */
  integer(least, most) {
    return least + Math.floor(this.#random() * (most - least + 1));
  }

  /** @template T @param {readonly T[]} list */
  oneOf(list) {
    return list[this.integer(0, list.length - 1)];
  }

  /** Whether something with this probability is the case. @param {number} [probability] */
  flip(probability = 0.5) {
    return this.#random() < probability;
  }

  get last() {
    return this.tensors[this.tensors.length - 1];
  }

  /**
   * @param {string} type Keras class
   * @param {Record<string, unknown>} config
   * @param {Shape} shape of the output
   * @param {Tensor[]} inputs
   */
  add(type, config, shape, inputs = [this.last]) {
    const name = `${type.toLowerCase()}_${this.layers.length}`;
    const nodes = inputs.length ? [inputs.map((input) => [input.name, 0, 0, {}])] : [];
    this.layers.push({ class_name: type, name, config: { name, ...config }, inbound_nodes: nodes });
    this.tensors.push({ name, shape });
    return this.last;
  }

  /** A window and its output size. "valid" is chosen only where the window fits. */
  window() {
    const [height, width] = this.last.shape;
    const kernel = [this.integer(1, 5), this.integer(1, 5)];
    const dilation = this.flip(0.2) ? [this.integer(1, 2), this.integer(1, 2)] : [1, 1];
    const strides = this.flip(0.3) && dilation.every((d) => d === 1) ? this.integer(1, 3) : 1;
    const reach = kernel.map((k, i) => (k - 1) * dilation[i] + 1);
    const same = this.flip() || reach[0] > height || reach[1] > width;
    const side = (/** @type {number} */ size, /** @type {number} */ needed) =>
      same ? Math.ceil(size / strides) : Math.floor((size - needed) / strides) + 1;
    return {
      fields: {
        kernel_size: kernel,
        strides: [strides, strides],
        dilation_rate: dilation,
        padding: same ? 'same' : 'valid',
      },
      size: /** @type {const} */ ([side(height, reach[0]), side(width, reach[1])]),
    };
  }
}

/** @type {((b: Builder) => unknown)[]} each appends a layer or two */
const STEPS = [
  function convolution(b) {
    const { fields, size } = b.window();
    const groups = b.flip(0.2) && b.last.shape[2] % 2 === 0 ? 2 : 1;
    const filters = groups * b.integer(1, 8);
    const more = { filters, groups, use_bias: b.flip(0.7), activation: b.oneOf(ACTIVATIONS) };
    b.add('Conv2D', { ...fields, ...more }, [...size, filters]);
  },
  function pointwise(b) {
    const filters = b.integer(1, 16);
    const [height, width] = b.last.shape;
    const config = { filters, kernel_size: [1, 1], use_bias: b.flip(), activation: 'linear' };
    b.add('Conv2D', config, [height, width, filters]);
  },
  function depthwise(b) {
    const { fields, size } = b.window();
    const multiplier = b.flip(0.8) ? 1 : 2;
    const more = { depth_multiplier: multiplier, activation: b.oneOf(ACTIVATIONS) };
    b.add('DepthwiseConv2D', { ...fields, ...more }, [...size, b.last.shape[2] * multiplier]);
  },
  function separable(b) {
    const { fields, size } = b.window();
    const filters = b.integer(1, 8);
    b.add('SeparableConv2D', { ...fields, filters }, [...size, filters]);
  },
  function transposed(b) {
    const [height, width] = b.last.shape;
    const [filters, stride] = [b.integer(1, 6), b.integer(1, 2)];
    const kernel = b.integer(stride, 4);
    const config = { filters, kernel_size: kernel, strides: stride, padding: 'same' };
    b.add('Conv2DTranspose', config, [height * stride, width * stride, filters]);
  },
  function folded(b) {
    const [height, width, channels] = b.last.shape;
    const padding = [
      [b.integer(0, 2), b.integer(0, 2)],
      [b.integer(0, 2), b.integer(0, 2)],
    ];
    const rows = height + padding[0][0] + padding[0][1];
    const columns = width + padding[1][0] + padding[1][1];
    if (b.flip()) b.add('ZeroPadding2D', { padding }, [rows, columns, channels]);
    if (b.flip()) convolutionWithoutBias(b);
    b.add('BatchNormalization', { scale: b.flip(0.8), center: b.flip(0.8) }, b.last.shape);
    if (b.flip()) b.add('ReLU', b.flip() ? { max_value: 6 } : {}, b.last.shape);
  },
  function normalization(b) {
    // Of one or two channels the gradient is 0, or almost. What remains is rounding.
    const type = b.last.shape[2] > 2 && b.flip() ? 'LayerNormalization' : 'GroupNormalization';
    b.add(type, type === 'GroupNormalization' ? { groups: 1 } : {}, b.last.shape);
  },
  function activation(b) {
    b.add('Activation', { activation: b.oneOf(ACTIVATIONS) }, b.last.shape);
  },
  function activationLayer(b) {
    const type = b.oneOf(['PReLU', 'LeakyReLU', 'ELU', 'ReLU']);
    b.add(type, type === 'PReLU' ? { shared_axes: [1, 2] } : {}, b.last.shape);
  },
  function pooling(b) {
    const [height, width, channels] = b.last.shape;
    const [size, strides] = [b.integer(2, 3), b.integer(1, 3)];
    const side = (/** @type {number} */ n) => Math.ceil(n / strides);
    const type = b.flip() || b.hasTies ? 'AveragePooling2D' : 'MaxPooling2D';
    const config = { pool_size: size, strides, padding: 'same' };
    b.add(type, config, [side(height), side(width), channels]);
  },
  function upsampling(b) {
    const [height, width, channels] = b.last.shape;
    if (height * width > 300) return;
    const interpolation = b.oneOf(['nearest', 'bilinear']);
    b.hasTies ||= interpolation === 'bilinear';
    b.add('UpSampling2D', { size: 2, interpolation }, [height * 2, width * 2, channels]);
  },
  function cropping(b) {
    const [height, width, channels] = b.last.shape;
    if (height < 4 || width < 4) return;
    const config = { cropping: [[1, 0], [0, 1]] }; // prettier-ignore
    b.add('Cropping2D', config, [height - 1, width - 1, channels]);
  },
  function residual(b) {
    const start = b.last;
    const config = { filters: start.shape[2], kernel_size: 3, padding: 'same' };
    b.add('Conv2D', config, start.shape);
    if (b.flip()) b.add('BatchNormalization', {}, start.shape);
    const type = b.oneOf(['Add', 'Add', 'Subtract', 'Multiply', 'Average', 'Maximum']);
    b.add(type, {}, start.shape, [start, b.last]);
  },
  function squeezeAndExcite(b) {
    const start = b.last;
    const channels = start.shape[2];
    b.add('GlobalAveragePooling2D', { keepdims: true }, [1, 1, channels]);
    const config = { filters: channels, kernel_size: 1, activation: 'sigmoid' };
    b.add('Conv2D', config, [1, 1, channels]);
    b.add('Multiply', {}, start.shape, [start, b.last]);
  },
  function concatenation(b) {
    const [height, width, channels] = b.last.shape;
    const others = b.tensors.filter(({ shape: [h, w] }) => h === height && w === width);
    const other = b.oneOf(others);
    if (channels + other.shape[2] > 32) return;
    const shape = /** @type {Shape} */ ([height, width, channels + other.shape[2]]);
    b.add('Concatenate', { axis: -1 }, shape, [b.last, other]);
  },
];

/** @param {Builder} b */
function convolutionWithoutBias(b) {
  const { fields, size } = b.window();
  const filters = b.integer(1, 8);
  b.add('Conv2D', { ...fields, filters, use_bias: false }, [...size, filters]);
}

/** A classifier of the last tensor. @param {Builder} b */
function addHead(b) {
  const [height, width, channels] = b.last.shape;
  const isFlat = b.flip(0.3);
  const features = isFlat ? height * width * channels : channels;
  const pool = b.flip(0.7) || b.hasTies ? 'GlobalAveragePooling2D' : 'GlobalMaxPooling2D';
  b.add(isFlat ? 'Flatten' : pool, {}, [1, 1, features]);
  const units = b.integer(2, 12);
  const activation = b.oneOf(['softmax', 'softmax', 'sigmoid', 'linear']);
  b.add('Dense', { units, activation }, [1, 1, units]);
}

/**
 * @param {number} seed
 * @returns {RandomModel}
 */
export function randomModel(seed) {
  const b = new Builder(randomNumbers(seed));
  const inputShape = /** @type {Shape} */ ([b.integer(5, 20), b.integer(5, 20), 3]);
  b.add('InputLayer', { batch_input_shape: [null, ...inputShape] }, inputShape, []);
  for (let count = b.integer(2, 10); count > 0; count--) {
    const [height, width] = b.last.shape;
    if (height * width < 1500) b.oneOf(STEPS)(b);
  }
  addHead(b);
  const ends = (/** @type {Tensor} */ { name }) => [[name, 0, 0]];
  const config = {
    name: `random_${seed}`,
    layers: b.layers,
    input_layers: ends(b.tensors[0]),
    output_layers: ends(b.last),
  };
  return { config: JSON.stringify({ class_name: 'Functional', config }), inputShape };
}

/**
 * Values for the weights of a model. Kernels are scaled so that activations neither vanish nor
 * explode. Variances are positive.
 * @param {number} seed
 * @returns {(path: string, shape: number[]) => Float32Array}
 */
export function randomWeights(seed) {
  const random = randomNumbers(seed ^ 0x5bd1e995);
  return (path, shape) => {
    const length = shape.reduce((product, size) => product * size, 1);
    const inputs = Math.max(1, length / (shape[shape.length - 1] ?? 1));
    const isKernel = shape.length > 1 && !/variance/.test(path);
    const size = isKernel ? 2 / Math.sqrt(inputs) : 0.3;
    const middle = /variance|gamma/.test(path) ? 1 : 0;
    return Float32Array.from({ length }, () => middle + size * (2 * random() - 1));
  };
}

/** @param {number} seed @param {Shape} shape */
export function randomInput(seed, shape) {
  const random = randomNumbers(seed ^ 0x1b873593);
  const length = shape.reduce((product, size) => product * size, 1);
  return Float32Array.from({ length }, () => 2 * random() - 1);
}
