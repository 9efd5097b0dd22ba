/** SVG files. They have no pixels, so a page has to draw them. */

import { GradCamError } from '../base/errors.js';

const TYPE = 'image/svg+xml';

/** What may stand before the first element: a declaration, comments and a document type. */
const START = /^\s*(<\?xml[^>]*>\s*)?(<!--[^]*?-->\s*|<!DOCTYPE svg[^>]*>\s*)*<svg[\s>]/;

/** Bytes in which the first element is looked for. */
const HEAD = 4096;

/**
 * The text of an SVG file.
 * @param {unknown} picture
 * @returns {Promise<string | undefined>} undefined if the picture is of another kind
 */
export async function readSvgText(picture) {
  if (picture instanceof Blob) {
    const isSvg = picture.type === TYPE || START.test(await picture.slice(0, HEAD).text());
    return isSvg ? picture.text() : undefined;
  }
  const bytes = viewBytes(picture);
  return bytes && START.test(decode(bytes.slice(0, HEAD))) ? decode(bytes.slice()) : undefined;
}

/** @param {Uint8Array} bytes */
const decode = (bytes) => new TextDecoder().decode(bytes);

/**
 * @param {unknown} value
 * @returns {Uint8Array | undefined} undefined for a value that has no bytes
 */
export function viewBytes(value) {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (!ArrayBuffer.isView(value)) return undefined;
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

/**
 * An image element with the picture. An image runs no scripts and loads no other files.
 * @param {string} text of an SVG file
 * @returns {Promise<HTMLImageElement>}
 */
export async function loadSvg(text) {
  if (!('document' in globalThis)) {
    const places = 'only a web page can draw an SVG file, not Node or a worker';
    throw refusal(`${places}; save it as a PNG or JPEG file first`);
  }
  const { documentElement: svg } = new DOMParser().parseFromString(text, TYPE);
  if (svg.localName !== 'svg' || svg.getElementsByTagName('parsererror').length > 0) {
    throw refusal('the SVG file is damaged');
  }
  giveSize(svg);
  const file = new Blob([new XMLSerializer().serializeToString(svg)], { type: TYPE });
  const address = URL.createObjectURL(file);
  try {
    const image = Object.assign(new Image(), { src: address });
    await image.decode();
    return image;
  } catch (cause) {
    throw refusal('the SVG file does not load', { cause });
  } finally {
    URL.revokeObjectURL(address);
  }
}

/**
 * Browsers choose different sizes for a file that says none in pixels. Its view box has one.
 * @param {Element} svg
 */
function giveSize(svg) {
  const has = (/** @type {string} */ name) => /^[^%]*\d[^%]*$/.test(svg.getAttribute(name) ?? '');
  if (has('width') && has('height')) return;
  const [, , width, height] = (svg.getAttribute('viewBox') ?? '').trim().split(/[\s,]+/);
  if (!(Number(width) > 0 && Number(height) > 0)) return;
  svg.setAttribute('width', width);
  svg.setAttribute('height', height);
}

/**
 * @param {string} text
 * @param {ErrorOptions} [options]
 */
function refusal(text, options) {
  return new GradCamError('INVALID_IMAGE', `the picture cannot be read: ${text}`, options);
}
