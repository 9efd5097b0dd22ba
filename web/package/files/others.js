/** Names files that are no Keras models although users try them, and says what to do instead. */

import { isHtml } from '../base/url.js';

const FROM_KERAS = 'open the Keras model that it was made from';
const UNPACK = 'unpack it, and open the model in it';

/** What reads a SavedModel of Keras 2 today. Keras 3 does not. */
export const CONVERT_SAVED_MODEL =
  'in Python, model = tf_keras.models.load_model("its folder") and model.save("model.h5")';

/** The last bytes of the index of a checkpoint, which is a table of LevelDB. */
const TABLE_END = '\x57\xfb\x80\x8b\x24\x75\x47\xdb';

/**
 * Each test takes the first 512 and the last 8 bytes as characters from 0 to 255.
 * @type {{ is: (start: string, end: string) => boolean, what: string, instead: string }[]}
 */
const others = [
  {
    is: begins('version https://git-lfs'),
    what: 'it is a pointer of Git LFS, not the file itself',
    instead: 'run git lfs pull, or download the file from its page',
  },
  {
    // Field 1 of a SavedModel is its version, field 2 its graphs.
    is: begins('\x08\x01\x12'),
    what: 'it is the saved_model.pb of a TensorFlow SavedModel, whose graph has no Keras layers',
    instead: CONVERT_SAVED_MODEL,
  },
  {
    // Field 1 of an ONNX model is its version, from 3. Texts and the graph follow.
    is: matches(/^\x08[\x03-\x20][\x12\x1a\x22\x2a\x32\x3a\x42]/),
    what: 'it is an ONNX model, which has no Keras layers',
    instead: FROM_KERAS,
  },
  {
    // The first node of a graph has a name and an operation.
    is: matches(/^\x0a[^]{1,4}\x0a[^]{1,200}(Placeholder|Const|NoOp|VarHandleOp)/),
    what: 'it is a frozen graph of TensorFlow, which has no Keras layers',
    instead: FROM_KERAS,
  },
  {
    is: (start, end) => end === TABLE_END || start.startsWith('model_checkpoint_path'),
    what: 'it is a checkpoint of TensorFlow, which has weights but no layers',
    instead:
      'load it with model.load_weights in Python, and save it with model.save("model.keras")',
  },
  {
    is: (start) => start.slice(4, 8) === 'TFL3',
    what: 'it is a TensorFlow Lite model, whose layers are fused for inference',
    instead: FROM_KERAS,
  },
  {
    is: begins('\x80\x02\x8a\x0a'),
    what: 'it is a file of PyTorch',
    instead: 'only Keras models can be read',
  },
  {
    is: matches(/^\x80[\x02-\x05]/),
    what: 'it is a pickle of Python, which may run any code',
    instead: 'save the model with model.save("model.keras")',
  },
  { is: begins('\x1f\x8b'), what: 'it is packed with gzip', instead: UNPACK },
  {
    is: matches(/^(Rar!|7z\xbc\xaf|BZh|\xfd7zXZ)/),
    what: 'it is a packed archive',
    instead: UNPACK,
  },
  {
    is: (start) => start.slice(257, 262) === 'ustar',
    what: 'it is a tar archive',
    instead: UNPACK,
  },
  {
    is: begins('\x93NUMPY'),
    what: 'it is an array of NumPy',
    instead: 'save the whole model with model.save("model.keras")',
  },
  picture('HEIC or AVIF', /^[^]{4}ftyp(hei|hev|mif|msf|avi)/),
  picture('TIFF', /^(II\*\0|MM\0\*)/),
  picture('WebP', /^RIFF[^]{4}WEBP/),
  picture('JPEG, PNG, GIF or BMP', /^(\xff\xd8\xff|\x89PNG|GIF8|BM)/),
];

/** @param {string} text */
function begins(text) {
  return (/** @type {string} */ start) => start.startsWith(text);
}

/** @param {RegExp} pattern */
function matches(pattern) {
  return (/** @type {string} */ start) => pattern.test(start);
}

/**
 * @param {string} kind
 * @param {RegExp} pattern
 */
function picture(kind, pattern) {
  const instead = 'open it as the picture, and a Keras model as the model';
  return { is: matches(pattern), what: `it is a picture (${kind})`, instead };
}

/**
 * What a file is that is no model.
 * @param {Uint8Array} bytes
 */
export function describe(bytes) {
  if (bytes.length === 0) return 'it is empty';
  if (isHtml(bytes)) return 'it is an HTML page (is the address right?)';
  const [start, end] = [characters(bytes.subarray(0, 512)), characters(bytes.subarray(-8))];
  const other = others.find(({ is }) => is(start, end));
  if (other) return `${other.what} (${other.instead})`;
  const first = [...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0'));
  return `it begins with the bytes ${first.join(' ')}`;
}

/** @param {Uint8Array} bytes */
function characters(bytes) {
  return String.fromCharCode(...bytes);
}
