/** The version of Keras that wrote a file, where a layer depends on it. */

import { tryJson, writeJson } from '../base/json.js';
import { parseConfig } from './config.js';

/**
 * Notes the version in the configuration of each RandomCrop. At prediction this layer does nothing
 * from Keras 3.8 on. Earlier versions of Keras 3 change the picture.
 * @param {string} config
 * @param {unknown} version
 */
export function noteVersion(config, version) {
  if (!/^3\.[0-7]\./.test(String(version)) || !config.includes('"RandomCrop"')) return config;
  return writeJson(withVersion(parseConfig(config), version));
}

/**
 * @param {any} value
 * @param {unknown} version
 * @returns {any}
 */
function withVersion(value, version) {
  if (Array.isArray(value)) return value.map((item) => withVersion(item, version));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, withVersion(item, version)]);
  const copy = Object.fromEntries(entries);
  if (copy.class_name !== 'RandomCrop') return copy;
  return { ...copy, config: { ...copy.config, keras_version: version } };
}

/**
 * The version in the metadata of a .keras file.
 * @param {Uint8Array} bytes of metadata.json
 * @returns {unknown}
 */
export function versionOf(bytes) {
  return tryJson(bytes, 'metadata.json in the .keras file')?.keras_version;
}
