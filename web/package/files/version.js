/** The version of Keras that wrote a file, where a layer depends on it. */

/**
 * Notes the version in the configuration of each RandomCrop. At prediction this layer does nothing
 * from Keras 3.8 on. Earlier versions of Keras 3 change the picture.
 * @param {string} config
 * @param {unknown} version
 */
export function noteVersion(config, version) {
  if (!/^3\.[0-7]\./.test(String(version)) || !config.includes('"RandomCrop"')) return config;
  try {
    return JSON.stringify(JSON.parse(config, (key, value) => withVersion(value, version)));
  } catch {
    return config; // the engine says what is wrong with it
  }
}

/**
 * @param {any} value
 * @param {unknown} version
 */
function withVersion(value, version) {
  if (value?.class_name !== 'RandomCrop') return value;
  return { ...value, config: { ...value.config, keras_version: version } };
}

/**
 * The version in the metadata of a .keras file.
 * @param {Uint8Array} bytes of metadata.json
 * @returns {unknown}
 */
export function versionOf(bytes) {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))?.keras_version;
  } catch {
    return undefined;
  }
}
