/** Writes a model as TensorFlow.js files, so that every form of them can be tested. */

import { toFloat16 } from '../../web/package/files/numbers.js';

/** @typedef {import('../../web/package/files/index.js').Container} Container */

/**
 * @param {Container} container
 * @param {{ shardBytes?: number, type?: 'float32' | 'float16' | 'uint16' | 'uint8' }} [options]
 * @returns {File[]} model.json, then the shards
 */
export function toTfjs({ config, weights }, { shardBytes = Infinity, type = 'float32' } = {}) {
  const arrays = weights.map(({ name, shape, read }) => {
    const { bytes, quantization } = encode(read(), type);
    return { entry: { name, shape, dtype: 'float32', quantization }, bytes };
  });
  const data = Buffer.concat(arrays.map(({ bytes }) => bytes));
  const count = Math.max(1, Math.ceil(data.length / shardBytes));
  const paths = Array.from({ length: count }, (_, i) => `group1-shard${i + 1}of${count}.bin`);
  const shards = paths.map((path, i) => {
    const start = i === 0 ? 0 : i * shardBytes;
    return new File([data.subarray(start, start + shardBytes)], path);
  });
  const model = {
    format: 'layers-model',
    modelTopology: { model_config: JSON.parse(config ?? '') },
    weightsManifest: [{ paths, weights: arrays.map(({ entry }) => entry) }],
  };
  return [new File([JSON.stringify(model)], 'model.json'), ...shards];
}

/**
 * @param {Float32Array} values
 * @param {'float32' | 'float16' | 'uint16' | 'uint8'} type
 */
function encode(values, type) {
  if (type === 'float32') return { bytes: bytesOf(values) };
  if (type === 'float16')
    return { bytes: bytesOf(toFloat16(values)), quantization: { dtype: type } };
  const min = values.reduce((least, value) => Math.min(least, value), Infinity);
  const max = values.reduce((most, value) => Math.max(most, value), -Infinity);
  const steps = type === 'uint8' ? 255 : 65535;
  const scale = max > min ? (max - min) / steps : 1;
  const counts = Array.from(values, (value) => Math.round((value - min) / scale));
  const bytes = bytesOf(type === 'uint8' ? Uint8Array.from(counts) : Uint16Array.from(counts));
  return { bytes, quantization: { dtype: type, scale, min } };
}

/** @param {Float32Array | Uint16Array | Uint8Array} numbers */
function bytesOf({ buffer, byteOffset, byteLength }) {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
