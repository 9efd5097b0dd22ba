/** Finds how pixels become a model's input, and says how it was found. */

import { resolvePreprocessing } from '../pictures/preprocessing.js';
import { findOwnScaling } from './front.js';
import { findNetworkPreset } from './known-networks.js';
import { isGood, readStatistics } from './statistics.js';
import { GradCamError, show } from '../base/errors.js';
import { ARCHITECTURES } from '../architectures/index.js';

/** @import { LayerInfo } from '../engine/network.js' */
/** @import { Weight } from '../files/index.js' */
/** @import { Fit, PixelStatistics } from './statistics.js' */
/** @import { OwnScaling, Preprocessing } from '../pictures/preprocessing.js' */

/**
 * How a model's preprocessing was found, from the surest to the least sure:
 * - `option`: the caller gave it
 * - `file`: the file says it
 * - `layers`: the model scales pixels itself
 * - `statistics`: the first BatchNormalization fits pixels that were prepared so
 * - `architecture`: the model is a network of keras.applications, or has one in it
 * - `guess`: nothing tells it; most small networks take x / 255
 * @typedef {'option' | 'file' | 'layers' | 'statistics' | 'architecture' | 'guess'}
 *   PreprocessingReason
 */

/**
 * What is known of a model.
 * @typedef {object} Clues
 * @property {Preprocessing} [option] what the caller gave
 * @property {Preprocessing} [file] what the file says
 * @property {string} name of the model
 * @property {string} [architecture] the network of keras.applications to which weights alone belong
 * @property {number | null} channels of the input
 * @property {LayerInfo[]} layers
 * @property {string} config JSON of the architecture
 * @property {(path: string) => Weight | undefined} findWeight finds the weight of a path
 * @property {string[]} [furtherInputs] names of inputs that do not take the picture
 */

/**
 * @typedef {object} FoundPreprocessing
 * @property {Preprocessing} preprocessing
 * @property {PreprocessingReason} preprocessingReason
 * @property {OwnScaling} [ownScaling] what the model's layers take, if they scale pixels
 * @property {string} [contradiction] a sentence that says how the statistics contradict the file or
 *   the name
 */

/**
 * @param {Clues} clues
 * @returns {FoundPreprocessing}
 */
export function findPreprocessing(clues) {
  const { layers, config, findWeight, furtherInputs } = clues;
  if (clues.file !== undefined) checkFile(clues.file);
  const ownScaling = findOwnScaling(layers, config, findWeight, furtherInputs);
  const statistics = ownScaling ? undefined : readStatistics(layers, config, findWeight);
  const network = findPresetByName(clues);
  const [preprocessing, preprocessingReason] = choosePreprocessing(
    clues,
    ownScaling,
    statistics?.preset,
    network,
  );
  return {
    preprocessing: resolvePreprocessing(preprocessing),
    preprocessingReason,
    ownScaling,
    contradiction: statistics && findContradiction(statistics, preprocessingReason, clues, network),
  };
}

/** @param {Preprocessing} file what the file says */
function checkFile(file) {
  try {
    resolvePreprocessing(file);
  } catch (cause) {
    const { message } = /** @type {Error} */ (cause);
    throw new GradCamError('INVALID_MODEL', `the file is wrong: ${message}`, { cause });
  }
}

/** @param {Clues} clues */
function findPresetByName({ architecture, name, layers, channels }) {
  const preset = architecture
    ? ARCHITECTURES[architecture].preprocessing
    : findNetworkPreset(name, layers);
  // The means of torch and caffe are means of colours. A network of grey pictures takes others.
  const isOfColours = preset === 'torch' || preset === 'caffe';
  return isOfColours && channels !== 3 ? undefined : preset;
}

/**
 * @param {Clues} clues
 * @param {OwnScaling | undefined} ownScaling
 * @param {Preprocessing | undefined} fitting what the statistics tell
 * @param {Preprocessing | undefined} network what the name tells
 * @returns {[Preprocessing, PreprocessingReason]}
 */
function choosePreprocessing({ option, file }, ownScaling, fitting, network) {
  if (option !== undefined) return [option, 'option'];
  if (file !== undefined) return [file, 'file'];
  if (ownScaling) return [ownScaling, 'layers'];
  if (fitting) return [fitting, 'statistics'];
  return network ? [network, 'architecture'] : ['unit', 'guess'];
}

/**
 * @param {PixelStatistics} statistics
 * @param {PreprocessingReason} reason
 * @param {Clues} clues
 * @param {Preprocessing | undefined} network what the name tells
 * @returns {string | undefined}
 */
function findContradiction(statistics, reason, { file }, network) {
  const { path, preset } = statistics;
  if (!preset || reason === 'option') return undefined;
  const [said, by] = reason === 'file' ? [file, 'the file'] : [network, "the network's name"];
  if (said === undefined || isGood(statistics.fit(said))) return undefined;
  const [good, bad] = [preset, said].map((one) => figures(one, statistics.fit(one)));
  return `the statistics of ${path} fit ${good}; ${by} says ${bad}`;
}

/**
 * @param {Preprocessing} preprocessing
 * @param {Fit} fit
 */
function figures(preprocessing, { ratio, distance }) {
  const numbers = `variances ${ratio.toPrecision(2)}, means ${distance.toPrecision(2)} off`;
  return `${show(preprocessing)} (${numbers})`;
}
