/** The words of the element. A page in another language replaces them. */

/** @import { TargetExplanation } from '../index.js' */

export const texts = {
  loading: 'Loading the model.',
  working: 'Looking at the picture.',
  classes: 'Class',
  slider: 'Plain picture',
  /** @param {number} percent of the picture without the heat map */
  plain: (percent) => `${percent}% plain`,
  little: 'little',
  much: 'much',
  /** @param {string} message of an error */
  error: (message) => `No heat map: ${message}`,
  /**
   * @param {string} label
   * @param {string} score
   */
  named: (label, score) => `${label} ${score}`,
  /**
   * The sentence below the picture.
   * @param {TargetExplanation} target
   * @param {string} score
   * @param {{ x: number, y: number } | undefined} hottest from 0, left or top, to 1
   */
  caption({ label }, score, hottest) {
    const where = hottest ? `strongest ${placeName(hottest)}` : 'nothing here speaks for it';
    return `${label} ${score}, ${where}.`;
  },
  /**
   * @param {number} score
   * @param {boolean} isProbability
   */
  score(score, isProbability) {
    if (!isProbability) return score.toFixed(2);
    return score < 0.0005 ? '< 0.1%' : `${(100 * score).toFixed(1)}%`;
  },
};

const ROWS = ['at the top', '', 'at the bottom'];
const COLUMNS = ['left', '', 'right'];

/** @param {{ x: number, y: number }} place */
function placeName({ x, y }) {
  const [row, column] = [ROWS[third(y)], COLUMNS[third(x)]];
  if (row && column) return `${row} ${column}`;
  if (row || column) return row || `on the ${column}`;
  return 'in the middle';
}

/** @param {number} share */
function third(share) {
  return share < 0.36 ? 0 : share > 0.64 ? 2 : 1;
}
