/** The ways to explain a class: maps of a layer, and attributions of the pixels. */

import { attributionInfo, attributionMethods, methodInfo, methods } from 'gradcam-wasm';

/** @import { AttributionMethod, Method } from 'gradcam-wasm' */
/** @import { Way } from './explainer.js' */

/** All of them, the default first. */
export const WAYS = /** @type {Way[]} */ ([...methods(), ...attributionMethods()]);

/** The maps of layers that take a run of the network for each channel. */
const LOOPS = /** @type {Way[]} */ (['scoreCam', 'ablationCam']);

/** The attributions that take one or two backward passes. */
export const QUICK_ATTRIBUTIONS = /** @type {const} */ ([
  'gradient',
  'saliency',
  'gradientTimesInput',
  'guidedBackprop',
  'guidedGradCam',
]);

/**
 * @param {Way} way
 * @returns {way is AttributionMethod}
 */
export function isAttribution(way) {
  return /** @type {Way[]} */ (attributionMethods()).includes(way);
}

/**
 * Whether a way takes many runs, so that a user may not want to wait for its end.
 * @param {Way} way
 */
export function isLong(way) {
  const isQuick = /** @type {readonly Way[]} */ (QUICK_ATTRIBUTIONS).includes(way);
  return LOOPS.includes(way) || (isAttribution(way) && !isQuick);
}

/**
 * Whether a way shares the one backward pass to a layer.
 * @param {Way} way
 * @returns {way is Method}
 */
export function isOfFamily(way) {
  return !isAttribution(way) && !LOOPS.includes(way);
}

/**
 * Whether a way explains at a layer that the user chooses.
 * @param {Way} way
 */
export function hasLayer(way) {
  return !isAttribution(way) || way === 'guidedGradCam';
}

/**
 * What people read of a way.
 * @param {Way} way
 * @returns {{ title: string, description: string, when?: string }}
 */
export function infoOf(way) {
  return isAttribution(way) ? attributionInfo(way) : methodInfo(way);
}
