/** Writes small model files, good ones and such as no honest program writes. */

import { deflateRawSync } from 'node:zlib';
import { crc32 } from '../../web/package/files/crc32.js';

/**
 * The configuration of a Sequential model.
 * @param {[type: string, config: object][]} layers
 * @param {(number | null)[]} input height, width, channels
 */
export function sequential(layers, input) {
  const first = { class_name: 'InputLayer', config: { name: 'in', batch_shape: [null, ...input] } };
  const others = layers.map(([type, config], i) => ({
    class_name: type,
    config: { name: `l${i}`, ...config },
  }));
  return { class_name: 'Sequential', config: { name: 'm', layers: [first, ...others] } };
}

/** @param {number} count */
export function numbers(count) {
  return Float32Array.from({ length: count }, (_, i) => (((i * 7) % 13) - 6) * 0.05);
}

/** A convolution, a mean and three classes, for pictures of 8 x 8 pixels. */
export const SMALL = sequential(
  [
    ['Conv2D', { filters: 4, kernel_size: [3, 3], activation: 'relu' }],
    ['GlobalAveragePooling2D', {}],
    ['Dense', { units: 3, activation: 'softmax' }],
  ],
  [8, 8, 3],
);

/** @type {[name: string, shape: number[]][]} the weights of the small model */
const SMALL_WEIGHTS = [
  ['l0/kernel', [3, 3, 3, 4]],
  ['l0/bias', [4]],
  ['l2/kernel', [4, 3]],
  ['l2/bias', [3]],
];

/** @param {number[]} shape */
function sizeOf(shape) {
  return shape.reduce((product, axis) => product * axis, 1);
}

/** The values of all weights of the small model, as bytes. */
function smallData() {
  return Buffer.concat(
    SMALL_WEIGHTS.map(([, shape]) => Buffer.from(numbers(sizeOf(shape)).buffer)),
  );
}

/**
 * A .safetensors file.
 * @param {string | object} header
 * @param {Uint8Array} [data]
 */
export function safetensors(header, data = new Uint8Array()) {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return new Uint8Array(Buffer.concat([length, json, data]));
}

/**
 * The small model as a .safetensors file.
 * @param {Record<string, string>} [metadata]
 * @param {unknown} [config]
 */
export function smallSafetensors(metadata = {}, config = SMALL) {
  const text = typeof config === 'string' ? config : JSON.stringify(config);
  /** @type {Record<string, unknown>} */
  const header = { __metadata__: { keras_config: text, ...metadata } };
  let end = 0;
  for (const [name, shape] of SMALL_WEIGHTS) {
    const start = end;
    end += 4 * sizeOf(shape);
    header[name] = { dtype: 'F32', shape, data_offsets: [start, end] };
  }
  return safetensors(header, smallData());
}

/**
 * A mean and three classes of 12 channels, with a kernel of 12 bits. What is not given is what an
 * honest program writes.
 * @param {object} [options]
 * @param {string | null} [options.bits] in the metadata
 * @param {number[]} [options.shape] of the kernel's bytes
 * @param {string} [options.scaleName]
 * @param {string} [options.scaleType]
 * @param {Uint8Array} [options.scales] bytes of the scales
 * @param {number[]} [options.scaleShape]
 */
export function packedModel({
  bits = '12',
  shape = [12, 5],
  scaleName = 'l1/kernel_scale',
  scaleType = 'F32',
  scales = Buffer.from(Float32Array.of(0.25, 0.5, 1).buffer),
  scaleShape = [scales.length / bytesOf(scaleType)],
} = {}) {
  const layers = sequential(
    [
      ['GlobalAveragePooling2D', {}],
      ['Dense', { units: 3, use_bias: false, activation: 'softmax' }],
    ],
    [8, 8, 12],
  );
  const kernel = Uint8Array.from({ length: sizeOf(shape) }, (_, i) => (i * 37) % 256);
  const end = scales.length;
  const header = {
    __metadata__: { keras_config: JSON.stringify(layers), ...(bits && { kernel_bits: bits }) },
    [scaleName]: { dtype: scaleType, shape: scaleShape, data_offsets: [0, end] },
    'l1/kernel': { dtype: 'U8', shape, data_offsets: [end, end + kernel.length] },
  };
  return safetensors(header, Buffer.concat([scales, kernel]));
}

/** @param {string} type of numbers in a .safetensors file */
function bytesOf(type) {
  return { F32: 4, F16: 2 }[type] ?? 1;
}

/**
 * The small model as files of TensorFlow.js.
 * @param {string} [path] of the shard
 * @returns {{ json: string, shard: Uint8Array }}
 */
export function smallTfjs(path = 's.bin') {
  const weights = SMALL_WEIGHTS.map(([name, shape]) => ({ name, shape, dtype: 'float32' }));
  const json = JSON.stringify({
    format: 'layers-model',
    modelTopology: SMALL,
    weightsManifest: [{ paths: [path], weights }],
  });
  return { json, shard: new Uint8Array(smallData()) };
}

/**
 * An entry of a zip file. What is not given is what an honest program writes.
 * @typedef {object} Entry
 * @property {string} name
 * @property {string | Uint8Array} data
 * @property {number} [method] 0 or 8
 * @property {Uint8Array} [body] the packed bytes
 * @property {number} [packed] the size that the file states
 * @property {number} [size]
 * @property {number} [crc]
 * @property {number} [flags]
 * @property {number} [offset]
 * @property {string} [localName]
 */

/**
 * @param {Entry[]} entries
 * @param {{ count?: number, comment?: string }} [options]
 */
export function zip(entries, { count = entries.length, comment = '' } = {}) {
  const parts = [];
  const directory = [];
  let at = 0;
  for (const entry of entries) {
    const raw = Buffer.from(entry.data);
    const { method = 8, flags = 0, crc = crc32(raw) } = entry;
    const body = Buffer.from(entry.body ?? (method === 8 ? deflateRawSync(raw) : raw));
    const [name, localName] = [entry.name, entry.localName ?? entry.name].map((n) =>
      Buffer.from(n),
    );
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(flags, 2);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE(crc, 10);
    common.writeUInt32LE(entry.packed ?? body.length, 14);
    common.writeUInt32LE(entry.size ?? raw.length, 18);
    const local = Buffer.from(common);
    local.writeUInt16LE(localName.length, 22);
    common.writeUInt16LE(name.length, 22);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(entry.offset ?? at, 10);
    parts.push(Buffer.from('PK\x03\x04'), local, localName, body);
    directory.push(Buffer.from('PK\x01\x02'), Buffer.from([20, 0]), common, rest, name);
    at += 30 + localName.length + body.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(at, 16);
  end.writeUInt16LE(comment.length, 20);
  return new Uint8Array(Buffer.concat([...parts, list, end, Buffer.from(comment)]));
}

/**
 * The small model in a zip file.
 * @param {Partial<Entry>} [json] what is different in the entry of model.json
 * @param {Partial<Entry>} [shard]
 * @param {Entry[]} [others]
 */
export function smallZip(json = {}, shard = {}, others = []) {
  const model = smallTfjs();
  return zip([
    { name: 'model.json', data: model.json, ...json },
    { name: 's.bin', data: model.shard, method: 0, ...shard },
    ...others,
  ]);
}
