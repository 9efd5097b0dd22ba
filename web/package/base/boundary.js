/**
 * The boundary of the package. A caller may pass anything: options that are no object, a signal
 * that is none, a proxy, or an object with a getter that throws. Every public call that takes
 * values runs through typed(), so that whatever goes wrong there is a GradCamError.
 */

import { GradCamError, show } from './errors.js';
import { checkNames } from './option-names.js';

/** @import { Optioned } from './option-names.js' */

/**
 * Options that many calls share.
 * @typedef {{ signal?: AbortSignal, onProgress?: Function }} SharedOptions
 */

/**
 * Runs a public call.
 * @template {object} O
 * @template R
 * @param {Optioned | null} name of the call, null if it has no options
 * @param {O | null | undefined} options as the caller gave them
 * @param {(options: O) => R} call
 * @returns {R}
 */
export function typed(name, options, call) {
  try {
    const given = checkOptions(options);
    if (name) checkNames(name, given);
    const result = call(given);
    if (!(result instanceof Promise)) return result;
    return /** @type {R} */ (
      result.catch((error) => {
        throw toTyped(error, options);
      })
    );
  } catch (error) {
    throw toTyped(error, options);
  }
}

/**
 * @template {object} O
 * @param {O | null | undefined} options
 * @returns {O}
 */
function checkOptions(options) {
  const given = /** @type {O & SharedOptions} */ (options ?? {});
  if (typeof given !== 'object') throw wrong('the options', given, 'an object');
  const { signal, onProgress } = given;
  if ((signal ?? undefined) !== undefined && typeof signal?.throwIfAborted !== 'function') {
    throw wrong('signal', signal, 'an AbortSignal');
  }
  if ((onProgress ?? undefined) !== undefined && typeof onProgress !== 'function') {
    throw wrong('onProgress', onProgress, 'a function');
  }
  return given;
}

/**
 * @param {string} option
 * @param {unknown} value
 * @param {string} allowed
 */
function wrong(option, value, allowed) {
  return new GradCamError('INVALID_ARGUMENT', `${option} is ${show(value)}; allowed: ${allowed}`);
}

/**
 * An error as the caller gets it. The reason of an abort stays what it is.
 * @param {unknown} error
 * @param {unknown} options
 */
function toTyped(error, options) {
  if (error instanceof GradCamError || isReason(error, options)) return error;
  const reason = error instanceof Error ? error.message : show(error);
  const text = `the call fails on a value that it was given: ${reason}`;
  return new GradCamError('INVALID_ARGUMENT', text, { cause: error });
}

/**
 * @param {unknown} error
 * @param {unknown} options
 */
function isReason(error, options) {
  try {
    const { signal } = /** @type {SharedOptions} */ (options ?? {});
    return signal?.aborted === true && signal.reason === error;
  } catch {
    return false;
  }
}
