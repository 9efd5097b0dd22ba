/** The one error class of the package. */

/**
 * What went wrong, as a stable text for programs.
 *
 * From the engine:
 * - `INVALID_ARGUMENT`: an option or a size that no call can mean
 * - `INVALID_MODEL`: not a Keras model, or one whose parts are missing or contradict each other
 * - `UNSUPPORTED_LAYER`: a well-formed model with layers that the engine lacks; all are named
 * - `UNKNOWN_LAYER`: no layer has that name or index; the nearest names are given
 * - `INVALID_LAYER`: a layer without rows and columns, so without a heat map
 * - `INVALID_TARGET`: not the index of a class
 * - `INVALID_IMAGE`: not a picture, or one without pixels
 * - `TOO_LARGE`: beyond a limit of the engine
 * - `OUT_OF_MEMORY`
 * - `NOT_READY`: called before the step that it needs
 * - `INTERNAL`: a defect of the engine, please report it
 *
 * From the package:
 * - `INVALID_SOURCE`: what was given as a model cannot be read as a file at all
 * - `FETCH_FAILED`: a model, the wasm file or a library could not be fetched
 * - `WASM_FAILED`: the WebAssembly module could not be compiled or has failed for good
 * - `DISPOSED`: the model was disposed of before or during the call
 * - `WORKER_FAILED`: the worker could not be started or was closed
 *
 * @typedef {'INVALID_ARGUMENT' | 'INVALID_MODEL' | 'UNSUPPORTED_LAYER' | 'UNKNOWN_LAYER'
 *   | 'INVALID_LAYER' | 'INVALID_TARGET' | 'INVALID_IMAGE' | 'TOO_LARGE' | 'OUT_OF_MEMORY'
 *   | 'NOT_READY' | 'INTERNAL' | 'INVALID_SOURCE' | 'FETCH_FAILED' | 'WASM_FAILED' | 'DISPOSED'
 *   | 'WORKER_FAILED'} GradCamErrorCode
 */

/**
 * Every failure of the package but an abort, which rejects with the signal's own reason.
 * @example
 * await loadModel(file).catch((error) => {
 *   if (error.code !== 'INVALID_MODEL') throw error;
 *   console.log(error.message);
 * });
 */
export class GradCamError extends Error {
  /**
   * @param {GradCamErrorCode} code what went wrong, for programs
   * @param {string} message what was given and what is allowed, for people
   * @param {ErrorOptions} [options] the error that caused this one
   */
  constructor(code, message, options) {
    super(message, options);
    /** What went wrong, for programs. */
    this.code = code;
  }

  get name() {
    return 'GradCamError';
  }
}

/**
 * A value as an error message shows it: short, on one line.
 * @param {unknown} value
 * @returns {string}
 */
export function show(value) {
  if (typeof value === 'string') return shorten(JSON.stringify(value));
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return shorten(`[${value.map(show).join(', ')}]`);
  return `an object of type ${value.constructor?.name ?? 'Object'}`;
}

/** @param {string} text */
function shorten(text) {
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/**
 * The value of an option that has a fixed set of names.
 * @template T
 * @param {Record<string, T>} choices
 * @param {unknown} name
 * @param {string} option the option's name
 * @returns {T}
 */
export function choose(choices, name, option) {
  if (typeof name === 'string' && Object.hasOwn(choices, name)) return choices[name];
  const allowed = Object.keys(choices).join(', ');
  throw new GradCamError('INVALID_ARGUMENT', `${option} is ${show(name)}; allowed: ${allowed}`);
}
