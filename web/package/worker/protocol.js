/** What page and worker say to each other. One request is answered before the next is sent. */

import { GradCamError } from '../base/errors.js';

/** @import { GradCamErrorCode } from '../base/errors.js' */
/** @import { Progress } from '../base/source.js' */

/**
 * page to worker
 * @typedef {{ id: number, method: string, args: any }} Request
 */

/**
 * worker to page: any number of progress reports, then a result or an error
 * @typedef {{ id: number, progress?: Progress, result?: any,
 *   error?: SentError }} Response
 */

/**
 * An error in a form that keeps its code; structured cloning would drop it.
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
