/** The error class of the package, and what messages are made of. */

/**
 * What went wrong, as a text that programs can rely on.
 *
 * From the engine:
 * - `INVALID_ARGUMENT`: an option or a size has a value that is not allowed
 * - `INVALID_MODEL`: the file is not a Keras model, or parts of it are missing or contradict others
 * - `UNSUPPORTED_LAYER`: the engine lacks layers of the model, all of which are named
 * - `UNKNOWN_LAYER`: no layer has this name or index; similar names are given
 * - `INVALID_LAYER`: the layer has no rows and columns, and cannot have a heat map
 * - `INVALID_TARGET`: the target is not the index of a class
 * - `INVALID_INPUT`: an input holds NaN or infinity
 * - `INVALID_IMAGE`: the value is not a picture, or it has no pixels
 * - `TOO_LARGE`: a size is beyond a limit of the engine
 * - `OUT_OF_MEMORY`: there is not enough memory
 * - `NOT_READY`: a step that the call needs was not done before
 * - `INTERNAL`: the engine has a defect; please report it
 *
 * From the package:
 * - `INVALID_SOURCE`: the value that was given as a model is no file and no address
 * - `FETCH_FAILED`: a model, the wasm file or a library could not be fetched
 * - `WASM_FAILED`: the WebAssembly module does not compile, or has failed for good
 * - `DISPOSED`: the model was disposed of before or during the call
 * - `WORKER_FAILED`: the worker does not start, or was stopped
 *
 * @typedef {'INVALID_ARGUMENT' | 'INVALID_MODEL' | 'UNSUPPORTED_LAYER' | 'UNKNOWN_LAYER'
 *   | 'INVALID_LAYER' | 'INVALID_TARGET' | 'INVALID_INPUT' | 'INVALID_IMAGE' | 'TOO_LARGE'
 *   | 'OUT_OF_MEMORY' | 'NOT_READY' | 'INTERNAL' | 'INVALID_SOURCE' | 'FETCH_FAILED'
 *   | 'WASM_FAILED' | 'DISPOSED' | 'WORKER_FAILED'} GradCamErrorCode
 */

/**
 * Every failure of the package is a GradCamError, except an abort. An aborted call rejects with the
 * signal's reason.
 * @example
 * await loadModel(file).catch((error) => {
 *   if (error.code !== 'INVALID_MODEL') throw error;
 *   console.log(error.message);
 * });
 */
export class GradCamError extends Error {
  /** What marks the errors of all copies of the package that one program may have. */
  static #mark = Symbol.for('gradcam-wasm.GradCamError');

  /**
   * An error of another copy of the package is one too.
   * @param {unknown} value
   */
  static [Symbol.hasInstance](value) {
    if (this !== GradCamError) return Function.prototype[Symbol.hasInstance].call(this, value);
    return typeof value === 'object' && value !== null && GradCamError.#mark in value;
  }

  /**
   * @param {GradCamErrorCode} code what went wrong, for programs
   * @param {string} message what was given and what is allowed, for people
   * @param {ErrorOptions} [options] the error that caused this one
   */
  constructor(code, message, options) {
    super(printable(typeof message === 'string' ? message : show(message)), options);
    /** What went wrong, for programs. */
    this.code = code;
    Object.defineProperty(this, GradCamError.#mark, { value: true });
  }

  get name() {
    return 'GradCamError';
  }
}

/** Characters that move the cursor, command a terminal or turn the direction of a text. */
const CONTROLS = /[\0-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/**
 * A text in which control characters are written as \x1b or \u202e. Names in a file may hold any.
 * @param {string} text
 * @returns {string}
 */
export function printable(text) {
  return text.replace(CONTROLS, (character) => {
    const code = character.charCodeAt(0);
    const digits = code.toString(16);
    return code < 0x100 ? `\\x${digits.padStart(2, '0')}` : `\\u${digits}`;
  });
}

/**
 * JSON with the same characters escaped as JSON escapes them.
 * @param {string} json
 * @returns {string}
 */
export function printableJson(json) {
  return json.replace(CONTROLS, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** How many values of a list, and how many lists in lists, an error message shows. */
const SHOWN_VALUES = 20;
const SHOWN_DEPTH = 3;

/**
 * A value as an error message shows it, short and on one line. The value may be of any kind.
 * @param {unknown} value
 * @returns {string}
 */
export function show(value) {
  try {
    return showValue(value, 0);
  } catch {
    // A proxy, or a getter that throws.
    return 'an object that cannot be read';
  }
}

/**
 * @param {unknown} value
 * @param {number} depth how many lists it is in
 * @returns {string}
 */
function showValue(value, depth) {
  if (typeof value === 'string') return shorten(JSON.stringify(value.slice(0, 100)));
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) {
    if (depth === SHOWN_DEPTH) return '[...]';
    const values = value.slice(0, SHOWN_VALUES).map((item) => showValue(item, depth + 1));
    return shorten(`[${values.join(', ')}${value.length > SHOWN_VALUES ? ', ...' : ''}]`);
  }
  const name = value.constructor?.name;
  return `an object of type ${typeof name === 'string' && name !== '' ? name : 'Object'}`;
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
