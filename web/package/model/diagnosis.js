/** Why a heat map is blank or poor. */

/**
 * - `NOT_FINITE`: the score, the map or a layer's output holds NaN or infinity, so that neither the
 *   prediction nor the map means anything. The message names the first such layer
 * - `ONE_POSITION`: the layer has one position only
 * - `ZERO_GRADIENT`: nothing in the layer changes the score. The message names the layer that
 *   passes no gradient back, or says that the layer belongs to another output
 * - `NO_POSITIVE_EVIDENCE`: no position raises the score
 * - `SATURATED_SCORE`: the score is so close to 0 or 1 that it hardly changes
 * @typedef {'NOT_FINITE' | 'ONE_POSITION' | 'ZERO_GRADIENT' | 'NO_POSITIVE_EVIDENCE'
 *   | 'SATURATED_SCORE'} DiagnosisCode
 */

/**
 * Why a heat map is blank or poor.
 * @typedef {object} Diagnosis
 * @property {DiagnosisCode} code for programs
 * @property {string} message for people
 */

/** A score from here on hardly changes, because its gradient has the factor 1 - score. */
const SATURATED_PROBABILITY = 0.999;

/** Below this maximum the 1e-7 in the heat map's division dims the map visibly. */
const DIM_RAW_MAXIMUM = 1e-6;

/** @type {Record<DiagnosisCode, string>} */
const MESSAGES = {
  NOT_FINITE:
    'there is no map: the values or the gradient of this class grow beyond the numbers of the ' +
    'engine and become NaN or infinity',
  ONE_POSITION:
    'the layer has one position, so its map cannot show where; choose a layer before the pooling',
  ZERO_GRADIENT:
    'the gradient is zero: nothing in this layer changes the score of this class for this picture',
  NO_POSITIVE_EVIDENCE:
    'the map is blank: no position of this layer raises the score of this class for this picture',
  SATURATED_SCORE:
    'the score is saturated, so it hardly changes and its gradient is weak; explain the logit ' +
    'instead (logits: true)',
};

/** Why a layer of another head has no gradient. */
const LEADS_ELSEWHERE =
  'the gradient is zero: this layer leads to another output of the model, not to the one that is ' +
  'explained';

/**
 * Finds out whether a heat map can be trusted.
 * @param {object} map
 * @param {number} map.height rows of the layer
 * @param {number} map.width columns of the layer
 * @param {number} map.rawMax largest value of the raw map
 * @param {number} map.weightsNorm norm of the channels' weights
 * @param {{ path: string, type: string } | null} [map.notFinite] the first layer whose output is
 *   not finite, null if only the map or the score is not
 * @param {boolean} [map.leads] whether the output depends on the layer (default true)
 * @param {boolean} map.logits whether the logit is explained
 * @param {number | null} map.proba probability of the class
 * @param {() => { path: string, type: string } | undefined} findEnd finds the layer that passes no
 *   gradient back
 * @returns {Diagnosis | null} null if nothing is wrong
 */
export function diagnose(map, findEnd) {
  const code = findCode(map);
  if (code === null) return null;
  if (map.notFinite) return { code, message: notFiniteSentence(map.notFinite) };
  if (map.leads === false && code === 'ZERO_GRADIENT') return { code, message: LEADS_ELSEWHERE };
  const end = code === 'ZERO_GRADIENT' && findEnd();
  return { code, message: end ? `${MESSAGES[code]}; ${reasonOf(end)}` : MESSAGES[code] };
}

/** @param {{ path: string, type: string }} layer whose output is not finite */
export function notFiniteSentence({ path, type }) {
  return (
    `layer ${path} (${type}) gives NaN or infinity, so neither the prediction nor a map means ` +
    "anything: the input's values or the model's weights are too large"
  );
}

/** @param {{ path: string, type: string }} layer that passes no gradient back */
function reasonOf({ path, type }) {
  return (
    `layer ${path} (${type}) passes no gradient back, because its output stays the same when its ` +
    'input changes a little, as the output of units that are switched off'
  );
}

/**
 * @param {Parameters<typeof diagnose>[0]} map
 * @returns {DiagnosisCode | null}
 */
function findCode({ height, width, rawMax, weightsNorm, leads, logits, proba, notFinite }) {
  if (notFinite !== undefined) return 'NOT_FINITE';
  if (leads === false) return 'ZERO_GRADIENT';
  if (height * width === 1) return 'ONE_POSITION';
  const isSaturated = !logits && proba !== null;
  if (weightsNorm === 0)
    return isSaturated && isExtreme(proba) ? 'SATURATED_SCORE' : 'ZERO_GRADIENT';
  if (rawMax <= 0) return 'NO_POSITIVE_EVIDENCE';
  if (isSaturated && (proba >= SATURATED_PROBABILITY || rawMax < DIM_RAW_MAXIMUM)) {
    return 'SATURATED_SCORE';
  }
  return null;
}

/** @param {number} proba */
function isExtreme(proba) {
  return proba >= SATURATED_PROBABILITY || proba <= 1 - SATURATED_PROBABILITY;
}
