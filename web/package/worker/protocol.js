/** The messages between page and worker. A request is answered before the next one is sent. */

import { GradCamError } from '../base/errors.js';

/** @import { GradCamErrorCode } from '../base/errors.js' */
/** @import { Progress } from '../base/source.js' */

/**
 * A message from the page.
 * @typedef {{ id: number, method: string, args: any }} Request
 */

/**
 * A message from the worker. A request gets any number of progress reports, then a result or an
 * error.
 * @typedef {{ id: number, progress?: Progress, result?: any,
 *   error?: SentError }} Response
 */

/**
 * An error as it is sent. Structured cloning would drop its code.
 * @typedef {{ code?: GradCamErrorCode, message: string }} SentError
 */

/**
 * @param {unknown} error
 * @returns {SentError}
 */
export function packError(error) {
  if (error instanceof GradCamError) return { code: error.code, message: error.message };
  return { message: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
}

/** @param {SentError} sent */
export function unpackError({ code, message }) {
  return code ? new GradCamError(code, message) : new Error(message);
}
