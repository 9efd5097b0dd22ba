/** Files of NumPy. */

/**
 * Numbers as a file of NumPy's format, version 1.0, little-endian.
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 * @param {Float32Array} data row-major
 * @param {readonly number[]} shape
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function npyFile(data, shape) {
  const axes = `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': ${axes}, }`;
  // The magic bytes, the version, the header's length and the header fill whole blocks of 64 bytes.
  const length = Math.ceil((10 + header.length + 1) / 64) * 64;
  const start = `\x93NUMPY\x01\x00  ${header.padEnd(length - 11)}\n`;
  const bytes = new Uint8Array(length + 4 * data.length);
  bytes.set(Uint8Array.from(start, (letter) => letter.charCodeAt(0)));
  const view = new DataView(bytes.buffer);
  view.setUint16(8, length - 10, true);
  data.forEach((value, i) => view.setFloat32(length + 4 * i, value, true));
  return bytes;
}
