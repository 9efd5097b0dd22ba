// Reads literals from the text of a Python file without running it. Literals are numbers, strings,
// tuples, lists and dictionaries. Comments between them are passed over.

/** @typedef {number | string | unknown[] | Map<number | string, unknown>} Literal */

/**
 * The value in a top-level statement `name = literal`.
 * @param {string} source text of the Python file
 * @param {string} name
 * @returns {Literal} tuples and lists are arrays, a dictionary is a Map
 */
export function readAssignment(source, name) {
  const statement = new RegExp(`^${name} *=`, 'm').exec(source);
  if (!statement) throw new Error(`no assignment to ${name}`);
  return new Reader(source, statement.index + statement[0].length).value();
}

class Reader {
  /**
   * @param {string} source
   * @param {number} position
   */
  constructor(source, position) {
    this.source = source;
    this.position = position;
  }

  /**
   * Takes the text that matches here, after white space and comments, or returns null.
   * @param {RegExp} pattern sticky
   * @returns {string | null}
   */
  take(pattern) {
    for (const regexp of [/(?:\s|#.*)*/y, pattern]) {
      regexp.lastIndex = this.position;
      const match = regexp.exec(this.source);
      if (!match) return null;
      this.position += match[0].length;
      if (regexp === pattern) return match[0];
    }
    return null;
  }

  /** @returns {Error} */
  unexpected() {
    const found = JSON.stringify(this.source.slice(this.position, this.position + 20));
    return new Error(`not a literal at character ${this.position}: ${found}`);
  }

  /** @returns {Literal} */
  value() {
    const opening = this.take(/[([{]/y);
    if (opening === '{') return this.dictionary();
    if (opening) return this.sequence(opening === '(' ? /\)/y : /\]/y);
    const string = this.take(/'[^'\\\n]*'|"[^"\\\n]*"/y);
    if (string) return string.slice(1, -1);
    const number = this.take(/-?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?(?![\w.])/y);
    if (number) return Number(number);
    throw this.unexpected();
  }

  /**
   * The items after an opening parenthesis or bracket.
   * @param {RegExp} closing
   */
  sequence(closing) {
    /** @type {unknown[]} */
    const items = [];
    while (!this.take(closing)) {
      items.push(this.value());
      if (this.take(/,/y)) continue;
      if (this.take(closing)) break;
      throw this.unexpected();
    }
    return items;
  }

  dictionary() {
    /** @type {Map<number | string, unknown>} */
    const items = new Map();
    while (!this.take(/\}/y)) {
      const key = this.value();
      if (typeof key === 'object' || !this.take(/:/y)) throw this.unexpected();
      items.set(key, this.value());
      if (this.take(/,/y)) continue;
      if (this.take(/\}/y)) break;
      throw this.unexpected();
    }
    return items;
  }
}
