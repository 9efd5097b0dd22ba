/** Finds how pixels become a model's input, and says how it was found. */

import { resolvePreprocessing } from '../pictures/preprocessing.js';
import { findOwnScaling } from './front.js';
import { findNetworkPreset } from './known-networks.js';
import { ARCHITECTURES } from '../architectures/index.js';

/** @import { LayerInfo } from '../engine/network.js' */
/** @import { Weight } from '../files/index.js' */
/** @import { OwnScaling, Preprocessing } from '../pictures/preprocessing.js' */

/**
 * How a model's preprocessing was found, from the surest to the least sure:
 * - `option`: the caller gave it
 * - `file`: the file says it
 * - `layers`: the model scales pixels itself
 * - `architecture`: the model is a network of keras.applications, or has one in it
 * - `guess`: nothing tells it; most small networks take x / 255
 * @typedef {'option' | 'file' | 'layers' | 'architecture' | 'guess'} PreprocessingReason
 */

/**
 * What is known of a model.
 * @typedef {object} Clues
 * @property {Preprocessing} [option] what the caller gave
 * @property {Preprocessing} [file] what the file says
 * @property {string} name of the model
 * @property {string} [architecture] the network of keras.applications to which weights alone belong
 * @property {LayerInfo[]} layers
 * @property {string} config JSON of the architecture
 * @property {(path: string) => Weight | undefined} findWeight finds the weight of a path
 */

/**
 * @typedef {object} FoundPreprocessing
 * @property {Preprocessing} preprocessing
 * @property {PreprocessingReason} preprocessingReason
 * @property {OwnScaling} [ownScaling] what the model's layers take, if they scale pixels
 */

/**
 * @param {Clues} clues
 * @returns {FoundPreprocessing}
 */
export function findPreprocessing(clues) {
  const ownScaling = findOwnScaling(clues.layers, clues.config, clues.findWeight);
  const [preprocessing, preprocessingReason] = choosePreprocessing(clues, ownScaling);
  return { preprocessing: resolvePreprocessing(preprocessing), preprocessingReason, ownScaling };
}

/**
 * @param {Clues} clues
 * @param {OwnScaling | undefined} ownScaling
 * @returns {[Preprocessing, PreprocessingReason]}
 */
function choosePreprocessing({ option, file, name, architecture, layers }, ownScaling) {
  if (option !== undefined) return [option, 'option'];
  if (file !== undefined) return [file, 'file'];
  if (ownScaling) return [ownScaling, 'layers'];
  if (architecture) return [ARCHITECTURES[architecture].preprocessing, 'architecture'];
  const preset = findNetworkPreset(name, layers);
  return preset ? [preset, 'architecture'] : ['unit', 'guess'];
}
