/** Explanations, which say where the model looked. */

import { diagnose } from './diagnosis.js';
import { gradientEnds } from './gradient-end.js';
import { methodInfo, needsClass } from './methods.js';
import { notesOn } from './notes.js';
import { labelOf } from '../attribution/targets.js';
import { setEngine } from '../engine/start.js';

/** @import { LayerInfo, LayerMap } from '../engine/network.js' */
/** @import { ResolvedContrast } from './contrast.js' */
/** @import { Diagnosis } from './diagnosis.js' */
/** @import { Question, Seeded } from './explain.js' */
/** @import { Method } from './methods.js' */
/** @import { Model } from './model.js' */
/** @import { Run } from './run.js' */
/** @import { Target } from '../attribution/targets.js' */
/** @import { Explained } from './targets.js' */

/** Options that are true or false, and change a map. */
const FLAGS = /** @type {const} */ (['counterfactual', 'eigenSmooth', 'augSmooth']);

/**
 * Options of explain() that make a map again. They are plain data.
 * @typedef {object} ExplainSettings
 * @property {Target[]} targets
 * @property {string} layer
 * @property {Method} method
 * @property {boolean} logits
 * @property {ResolvedContrast} [contrast]
 * @property {boolean} [counterfactual]
 * @property {boolean} [eigenSmooth]
 * @property {boolean} [augSmooth]
 * @property {number} [channels] of Score-CAM
 */

/**
 * A heat map, which says how much each position of a layer speaks for a class.
 * @typedef {object} HeatMap
 * @property {Float32Array} data [height][width], 0 .. 1
 * @property {number} width
 * @property {number} height
 * @property {Uint8Array} [colors] R, G, B for each value, drawn unless the caller chooses a colour
 *   map. Maps have them where signs matter
 */

/**
 * One class explained at one layer by one method.
 * @typedef {object} TargetExplanation
 * @property {Target} target index of the class, or the weights of classes as they were given
 * @property {string} label name of the class, or its index as text
 * @property {number} score the value that is explained, which is the model's score or its logit, or
 *   a weighted sum of these
 * @property {number | null} proba probability of the class, which is its score if the model ends
 *   with a softmax or sigmoid, else null
 * @property {string} layer name of the layer
 * @property {Method} method
 * @property {HeatMap} heatmap
 * @property {number} rawMin smallest value of the raw map, before it was cut at zero and scaled
 * @property {number} rawMax largest value of the raw map
 * @property {Float32Array} [raw] [height][width], the raw map, signed and unscaled, if it was asked
 *   for
 * @property {Diagnosis | null} diagnosis why the map is blank or poor. With `NOT_FINITE` the heat
 *   map is all zero, and formatAsImage shows the plain picture
 * @property {string[]} notes sentences on what makes this method unsure at this layer, often none
 * @property {ExplainSettings} settings options of explain() that make this entry again
 */

/**
 * What explainPrediction returns. It is plain data, which can be stored and sent.
 * @typedef {object} Explanation
 * @property {string} modelName
 * @property {string} method usual name of the explanation method, "Grad-CAM". Several are joined
 *   by commas
 * @property {string} description how to read the result
 * @property {ImageData} image the picture that heat maps are drawn on
 * @property {TargetExplanation[]} targets an entry for each class and layer, ordered by class. With
 *   several methods, the entries of one method follow those of another
 */

/**
 * The entries of some targets.
 * @param {Explained} explained
 * @param {Seeded[]} seeded
 * @param {Question} question
 * @param {LayerMap[][][]} maps of each method, target and layer
 * @returns {TargetExplanation[][]} of each method, the layers of one target after another
 */
export function toEntries(explained, seeded, question, maps) {
  const { model, network, run } = explained;
  const { logits, layers, methods } = question;
  const infos = model.description.layers;
  const seeds = seeded.map(({ seed }) => seed);
  const findEnd = gradientEnds(network, infos, { input: run.input, seeds, logits });
  return methods.map((method, m) =>
    seeded.flatMap((target, t) =>
      layers.map((layer, l) => {
        const asked = { ...question, method, layer };
        return toEntry(explained, target, asked, maps[m][t][l], () => findEnd(t, layer));
      }),
    ),
  );
}

/**
 * @param {Explained} explained
 * @param {Seeded} seeded
 * @param {Question & { method: Method, layer: number }} asked
 * @param {LayerMap} map
 * @param {() => LayerInfo | undefined} findEnd finds the layer that passes no gradient back
 * @returns {TargetExplanation}
 */
function toEntry({ model, network, run }, seeded, asked, map, findEnd) {
  const { target, score } = seeded;
  const { rawMin, rawMax, heatmap, height, width, raw } = map;
  const { path, leads } = model.description.layers[asked.layer];
  const proba = typeof target === 'number' && givesProbabilities(run) ? run.scores[target] : null;
  const isFinite = [score, rawMin, rawMax, map.weightsNorm].every(Number.isFinite);
  const notFinite = run.notFinite ?? (isFinite ? undefined : null);
  // Numbers that are none would look like a map.
  if (notFinite !== undefined) heatmap.fill(0);
  // A method without a class has no gradient that could be zero, and no score.
  const { logits } = asked;
  const whole = needsClass(asked.method) ? { leads, logits } : { logits: true };
  const weightsNorm = needsClass(asked.method) ? map.weightsNorm : 1;
  const diagnosed = { height, width, rawMax, weightsNorm, proba, notFinite, ...whole };
  return {
    target,
    label: labelOf(model, target),
    score,
    proba,
    layer: path,
    method: asked.method,
    heatmap: setEngine({ data: heatmap, width, height }, network.engine),
    rawMin,
    rawMax,
    ...(asked.raw ? { raw: /** @type {Float32Array} */ (raw) } : undefined),
    diagnosis: diagnose(diagnosed, findEnd),
    notes: notesOn(asked.method, { network, model, layer: asked.layer, map, score }),
    settings: settingsOf(seeded, asked, path),
  };
}

/**
 * The options that make an entry again.
 * @param {Seeded} seeded
 * @param {Question & { method: Method }} asked
 * @param {string} layer
 * @returns {ExplainSettings}
 */
function settingsOf({ target, contrast }, asked, layer) {
  const { method, logits } = asked;
  /** @type {ExplainSettings} */
  const settings = { targets: [target], layer, method, logits };
  if (contrast) settings.contrast = contrast;
  if (method === 'scoreCam' && asked.channels) settings.channels = asked.channels;
  for (const flag of FLAGS) if (asked[flag]) settings[flag] = true;
  return settings;
}

/**
 * Whether a softmax or sigmoid stands between logits and scores.
 * @param {Run} run
 */
function givesProbabilities({ scores, logits }) {
  return scores.some((score, i) => score !== logits[i]);
}

/**
 * @param {Model} model
 * @param {Run} run
 * @param {Method[]} methods
 * @param {TargetExplanation[]} targets
 * @returns {Explanation}
 */
export function toExplanation(model, run, methods, targets) {
  const infos = methods.map(methodInfo);
  return {
    modelName: model.name,
    method: infos.map(({ title }) => title).join(', '),
    description: infos.map(({ description }) => description).join(' '),
    get image() {
      // Made on demand, because it may take as long as the map.
      return run.picture;
    },
    targets,
  };
}
