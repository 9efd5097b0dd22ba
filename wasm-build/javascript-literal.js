// Reads literals from the text of a JavaScript file without running it. Literals are objects,
// lists, texts, sums of texts, numbers, true, false and null, and the minified !0 and !1. For
// packages that ship data as code.

const ESCAPES = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
]);

/**
 * The value of the literal that follows a text.
 * @param {string} source text of the JavaScript file
 * @param {string} before the text in front of the literal
 * @returns {any}
 */
export function readLiteralAfter(source, before) {
  const start = source.indexOf(before);
  if (start < 0) throw new Error(`the file has no "${before}"`);
  return new Reader(source, start + before.length).value();
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
   * Takes the text that matches here, after white space, or returns null.
   * @param {RegExp} pattern sticky
   * @returns {string | null}
   */
  take(pattern) {
    const space = /\s*/y;
    space.lastIndex = this.position;
    space.exec(this.source);
    pattern.lastIndex = space.lastIndex;
    const match = pattern.exec(this.source);
    if (match) this.position = pattern.lastIndex;
    return match && match[0];
  }

  /** @returns {Error} */
  unexpected() {
    const found = JSON.stringify(this.source.slice(this.position, this.position + 20));
    return new Error(`not a literal at character ${this.position}: ${found}`);
  }

  /** @returns {unknown} */
  value() {
    if (this.take(/\{/y)) return this.object();
    if (this.take(/\[/y)) return this.list();
    const word = this.take(/true|false|null|!0|!1/y);
    if (word) return word === 'null' ? null : word === 'true' || word === '!0';
    const number = this.take(/-?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?(?![\w.])/y);
    if (number) return Number(number);
    let text = this.text();
    while (this.take(/\+/y)) text += this.text();
    return text;
  }

  text() {
    const quoted = this.take(
      /'[^'\\\n]*(?:\\[^\nux][^'\\\n]*)*'|"[^"\\\n]*(?:\\[^\nux][^"\\\n]*)*"/y,
    );
    if (quoted === null) throw this.unexpected();
    const text = quoted.slice(1, -1);
    return text.replace(/\\(.)/g, (_, escaped) => ESCAPES.get(escaped) ?? escaped);
  }

  list() {
    /** @type {unknown[]} */
    const items = [];
    while (!this.take(/\]/y)) {
      items.push(this.value());
      if (!this.take(/,/y) && this.take(/(?=\])/y) === null) throw this.unexpected();
    }
    return items;
  }

  object() {
    /** @type {[string, unknown][]} */
    const items = [];
    while (!this.take(/\}/y)) {
      const key = this.take(/[\w$]+/y) ?? this.text();
      if (!this.take(/:/y)) throw this.unexpected();
      items.push([key, this.value()]);
      if (!this.take(/,/y) && this.take(/(?=\})/y) === null) throw this.unexpected();
    }
    return Object.fromEntries(items);
  }
}
