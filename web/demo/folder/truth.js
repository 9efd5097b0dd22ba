/** Finds the classes that the names of folders name. */

/** What stands before a name in lists and data sets, "n02099601-" and "03_". */
const PREFIX = /^(n\d{8}|\d+)[-_. ]+/;

/**
 * A name without what people write differently.
 * @param {string} text
 */
const plain = (text) =>
  text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '');

/**
 * The forms in which a name is found.
 * @param {string} name
 */
const formsOf = (name) => [name, name.replace(PREFIX, '')].map(plain).filter((form) => form !== '');

/**
 * Classes by their names. Several classes may have the same name.
 * @param {readonly string[]} labels
 */
function byName(labels) {
  /** @type {Map<string, Set<number>>} */
  const classes = new Map();
  labels.forEach((label, index) => {
    // "tench, Tinca tinca" has two names.
    for (const form of [label, ...label.split(',')].flatMap(formsOf)) {
      classes.set(form, (classes.get(form) ?? new Set()).add(index));
    }
  });
  return classes;
}

/**
 * The classes that the folders of pictures name, the innermost folder first. Where no folder has
 * the name of a class and all are numbers, the numbers are those of classes.
 * @param {string[]} paths of pictures
 * @param {{ labels?: readonly string[], classCount: number }} model
 * @returns {(number[] | undefined)[]} for each path the classes with the folder's name
 */
export function truthsOf(paths, { labels, classCount }) {
  const classes = byName(labels ?? []);
  const truths = paths.map((path) => {
    const folders = foldersOf(path).flatMap((folder) => formsOf(folder));
    const found = folders.map((form) => classes.get(form)).find((set) => set !== undefined);
    return found && [...found];
  });
  return truths.some((truth) => truth) ? truths : numbersOf(paths, classCount);
}

/**
 * @param {string[]} paths
 * @param {number} classCount
 * @returns {(number[] | undefined)[]}
 */
function numbersOf(paths, classCount) {
  const numbers = paths.map((path) => {
    const [folder = ''] = foldersOf(path);
    return /^\d+$/.test(folder) ? Number(folder) : NaN;
  });
  const areClasses = numbers.every((number) => number < classCount) && new Set(numbers).size > 1;
  return numbers.map((number) => (areClasses ? [number] : undefined));
}

/**
 * The folders of a path, the innermost first.
 * @param {string} path
 */
function foldersOf(path) {
  return path.split('/').slice(0, -1).reverse();
}
