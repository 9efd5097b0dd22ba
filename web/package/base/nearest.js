/** Names that look like a misspelt one. */

/** How many names a message shows. */
const MOST = 5;

/**
 * The names that are nearest to a misspelt one, the nearest first. Case, spaces and the signs
 * between words do not count.
 * @param {string} wrong
 * @param {readonly string[]} names
 * @returns {string[]} none if no name is near
 */
export function nearestNames(wrong, names) {
  const wanted = plain(wrong.slice(0, 100));
  const limit = Math.max(2, Math.floor(wanted.length / 3));
  const near = names
    .map((name) => ({ name, far: distance(wanted, plain(name), limit) }))
    .filter(({ far }) => far <= limit)
    .sort((a, b) => a.far - b.far);
  // Beside a name that is one letter off, names that are two letters off say nothing.
  const most = Math.max(1, ...near.slice(0, 1).map(({ far }) => far));
  return near
    .filter(({ far }) => far <= most)
    .slice(0, MOST)
    .map(({ name }) => name);
}

/**
 * A name as it is compared.
 * @param {string} name
 */
export function plain(name) {
  return name
    .normalize('NFC')
    .toLowerCase()
    .replaceAll(/[\s_-]+/g, ' ')
    .trim();
}

/**
 * How many letters have to be changed, added or left out. A name with the other in it is near.
 * @param {string} a
 * @param {string} b
 * @param {number} limit beyond which the number does not matter
 * @returns {number}
 */
function distance(a, b, limit) {
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  if (short.length > 2 && long.includes(short)) return 1 - short.length / long.length;
  if (long.length - short.length > limit) return Infinity;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = row[j - 1] + Number(a[i - 1] !== b[j - 1]);
      next[j] = Math.min(changed, row[j] + 1, next[j - 1] + 1);
    }
    row = next;
  }
  return row[b.length];
}
