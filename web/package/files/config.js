/** What the readers of files need to know of Keras' configurations. */

/**
 * A layer, or a model, which is a layer too.
 * @typedef {{ class_name: string, config: any, [key: string]: any }} LayerEntry
 */

/**
 * All layers of a model and of the models in it, the model itself first. Layers that wrap another
 * layer, such as TimeDistributed, have it as the option "layer".
 * @param {any} entry
 * @returns {LayerEntry[]}
 */
export function layersOf(entry) {
  if (typeof entry?.class_name !== 'string') return [];
  const { config } = entry;
  const children = Array.isArray(config) ? config : (config?.layers ?? [config?.layer]);
  return [entry, ...(Array.isArray(children) ? children : []).flatMap(layersOf)];
}
