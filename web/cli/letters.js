/** Draws letters into pictures, which need no font for that. All letters are capitals. */

/** @import { Pixels } from 'gradcam-wasm' */

/**
 * Five rows of three pixels for each character, a digit for each row. 4 is the left pixel, 1 the
 * right one.
 */
const GLYPHS = new Map(
  (
    'A25755 B65656 C34443 D65556 E74647 F74644 G34553 H55755 I72227 J11152 K55655 L44447 M57755 ' +
    'N65555 O25552 P65644 Q25573 R65655 S34216 T72222 U55557 V55552 W55775 X55255 Y55222 Z71247 ' +
    '075557 126227 271747 371317 455711 574717 674757 771122 875757 975717 .00002 ,00024 -00700 ' +
    '_00007 /11244 :02020 (12221 )42224 +02720 %51245 =07070 !22202 ?71202 #57575 &25253 *05250'
  )
    .split(' ')
    .map((text) => [text[0], Array.from(text.slice(1), Number)]),
);
const [COLUMNS, ROWS] = [3, 5];
const UNKNOWN = /** @type {number[]} */ (GLYPHS.get('?'));

/** Pixels from one letter to the next, and of a letter's height. */
export const ADVANCE = (/** @type {number} */ scale) => (COLUMNS + 1) * scale;
export const HEIGHT = (/** @type {number} */ scale) => ROWS * scale;

/**
 * Writes a text in black. What is too long loses its middle.
 * @param {Pixels} picture
 * @param {string} text
 * @param {{ left: number, top: number, width: number, scale: number }} place
 */
export function writeText({ data, width: stride }, text, { left, top, width, scale }) {
  const letters = [...shorten(text, Math.floor(width / ADVANCE(scale)))];
  for (const [i, letter] of letters.entries()) {
    const glyph = letter === ' ' ? [] : (GLYPHS.get(letter) ?? UNKNOWN);
    for (let y = 0; y < glyph.length * scale; y++) {
      for (let x = 0; x < COLUMNS * scale; x++) {
        if (!((glyph[Math.floor(y / scale)] << Math.floor(x / scale)) & 4)) continue;
        const at = 4 * ((top + y) * stride + left + i * ADVANCE(scale) + x);
        data.fill(0, at, at + 3);
      }
    }
  }
}

/**
 * Capitals without accents.
 * @param {string} text
 * @param {number} length
 */
function shorten(text, length) {
  const plain = text.normalize('NFD').replaceAll(/\p{M}/gu, '').toUpperCase();
  if (plain.length <= length) return plain;
  const end = Math.floor((length - 2) / 2);
  return `${plain.slice(0, length - 2 - end)}..${plain.slice(-end)}`;
}
