/** What the readers of files need to know of Keras' configurations. */

import { parseJson, writeJson } from '../base/json.js';

/**
 * A layer, or a model, which is a layer too.
 * @typedef {{ class_name: string, config: any, [key: string]: any }} LayerEntry
 */

/** The deepest nesting of models that is read. The engine refuses deeper ones. */
const MAX_DEPTH = 64;

/**
 * @param {string} config
 * @returns {any}
 */
export function parseConfig(config) {
  return parseJson(config, 'the configuration');
}

/**
 * All layers of a model and of the models in it, the model itself first. Layers that wrap another
 * layer, such as TimeDistributed, have it as the option "layer".
 * @param {any} entry
 * @param {number} [depth]
 * @returns {LayerEntry[]}
 */
export function layersOf(entry, depth = 0) {
  if (typeof entry?.class_name !== 'string' || depth > MAX_DEPTH) return [];
  const { config } = entry;
  const children = Array.isArray(config) ? config : (config?.layers ?? [config?.layer]);
  if (!Array.isArray(children)) return [entry];
  return [entry, ...children.flatMap((child) => layersOf(child, depth + 1))];
}

/**
 * Gives layers of other programs' classes the class of Keras that they are. A subclass of a
 * Functional model has its layers in the file. A class that only renames a layer of
 * Keras is named by the caller. The layer keeps its old class as saved_class_name, because the
 * store of Keras 3 numbers layers by it.
 * @param {string} config
 * @param {Record<string, string>} customObjects names of Keras' classes by the names in the file
 * @returns {string}
 */
export function renameClasses(config, customObjects) {
  const model = parseConfig(config);
  let isChanged = false;
  for (const entry of layersOf(model)) {
    const name = ownClass(entry, customObjects);
    if (name !== undefined) {
      Object.assign(entry, { saved_class_name: entry.class_name, class_name: name });
      Object.assign(entry, { module: 'keras.layers', registered_name: null });
      isChanged = true;
    }
    const activation = renamedActivation(entry.config?.activation, customObjects);
    if (activation === undefined) continue;
    entry.config.activation = activation;
    isChanged = true;
  }
  return isChanged ? writeJson(model) : config;
}

/**
 * The class of Keras that a layer is, if it has another name.
 * @param {LayerEntry} entry
 * @param {Record<string, string>} objects
 * @returns {string | undefined}
 */
function ownClass({ class_name: name, module, registered_name: registered, config }, objects) {
  if (Object.hasOwn(objects, name)) return objects[name];
  if (registered && Object.hasOwn(objects, registered)) return objects[registered];
  const isOther =
    /^(?!keras\b|tf_keras\b|tensorflow\b)./.test(module ?? '') || />/.test(registered);
  if (!isOther || !Array.isArray(config?.layers) || config.layers.length === 0) return undefined;
  if (!config.layers.every((/** @type {any} */ layer) => layer?.class_name)) return undefined;
  return config.input_layers && config.output_layers ? 'Functional' : undefined;
}

/**
 * @param {any} activation a name, or a function with its name
 * @param {Record<string, string>} objects
 * @returns {string | undefined}
 */
function renamedActivation(activation, objects) {
  const name = activation?.config ?? activation;
  return typeof name === 'string' && Object.hasOwn(objects, name) ? objects[name] : undefined;
}
