/** Finds names and numbers, and names that are nearly those. */

/** Words shorter than this are not searched for near misses. */
const SHORT = 4;

/**
 * The positions of the entries that a text means, the entries' own order kept. Without an entry
 * that has the text, those count whose words nearly have it.
 * @param {string} text
 * @param {readonly { name: string, index: number }[]} entries
 * @returns {number[]}
 */
export function search(text, entries) {
  const wanted = text.trim().toLowerCase();
  const all = [...entries.keys()];
  if (wanted === '') return all;
  const isNumber = /^\d+$/.test(wanted);
  const hits = all.filter((i) => {
    const { name, index } = entries[i];
    return name.toLowerCase().includes(wanted) || (isNumber && String(index) === wanted);
  });
  if (hits.length > 0 || wanted.length < SHORT) return hits;
  const most = wanted.length < 7 ? 1 : 2;
  return all.filter((i) => nearlyHas(entries[i].name.toLowerCase(), wanted, most));
}

/**
 * @param {string} name
 * @param {string} wanted
 * @param {number} most edits
 */
function nearlyHas(name, wanted, most) {
  const words = name.split(/[\s_/-]+/);
  return [name, ...words].some((word) => {
    const start = word.slice(0, wanted.length);
    return distance(word, wanted, most) <= most || distance(start, wanted, most) <= most;
  });
}

/**
 * The number of letters that differ, are missing, are too many, or changed places with a neighbour.
 * @param {string} a
 * @param {string} b
 * @param {number} most beyond which the number does not matter
 */
function distance(a, b, most) {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  /** @type {number[][]} */
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = rows[i - 1][j - 1] + Number(a[i - 1] !== b[j - 1]);
      row[j] = Math.min(changed, rows[i - 1][j] + 1, row[j - 1] + 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwap) row[j] = Math.min(row[j], rows[i - 2][j - 2] + 1);
    }
    rows[i] = row;
  }
  return rows[a.length][b.length];
}
