/** An HDF5 file that the engine reads. It wraps the functions gc_hdf5_* of gradcam.h. */

/** @import { Engine } from './engine.js' */

/** Bytes of a pointer and of a float32 in wasm32, and of a float64. */
const WORD = 4;
const DOUBLE = 8;
/** The largest number of axes of a data set. */
const MAX_AXES = 32;

/** @typedef {Map<string, number>} Links addresses of objects by their names, which are sorted */

/**
 * The file's bytes stay in JavaScript, and the engine asks for parts of them. One object of the
 * file is visited at a time. Everything that is said of an object is about that one.
 */
export class Hdf5 {
  #engine;
  #bytes;
  /** 0 after close() */
  #address;
  /** @type {Map<number, Links>} of groups that were visited */
  #links = new Map();

  /**
   * Opens a file.
   * @param {Engine} engine
   * @param {Uint8Array} bytes of the file
   */
  constructor(engine, bytes) {
    this.#engine = engine;
    this.#bytes = bytes;
    engine.retain();
    try {
      this.#address = engine.scratch((scratch) => {
        const file = scratch.alloc(WORD);
        this.#check('gc_hdf5_open_host', file, bytes.length);
        return engine.ints(file, 1)[0];
      });
    } catch (error) {
      engine.release();
      throw error;
    }
  }

  /** Gives back the memory of the engine. */
  close() {
    const address = this.#address;
    this.#address = 0;
    if (address === 0) return;
    this.#engine.release();
    this.#engine.call('gc_hdf5_close', address);
  }

  /**
   * Calls a function that may read the file.
   * @param {string} name
   * @param {...number} args
   */
  #check(name, ...args) {
    this.#engine.withFile(this.#bytes, () => this.#engine.check(name, ...args));
  }

  /**
   * Visits an object.
   * @param {number} [address] that a link has. The default is the root group
   */
  visit(address = this.#engine.call('gc_hdf5_root', this.#address)) {
    this.#check('gc_hdf5_visit', this.#address, address);
  }

  /**
   * The links of a group.
   * @returns {Links}
   */
  get links() {
    const engine = this.#engine;
    const count = engine.call('gc_hdf5_link_count', this.#address);
    return new Map(
      Array.from({ length: count }, (_, i) => [
        engine.text(engine.call('gc_hdf5_link_name', this.#address, i)),
        engine.call('gc_hdf5_link_address', this.#address, i),
      ]),
    );
  }

  /**
   * The address of an object below a group. It visits the groups between the two.
   * @param {Links} links of the group
   * @param {string} path
   * @returns {number | undefined}
   */
  find(links, path) {
    const names = path.split('/').filter((name) => name !== '' && name !== '.');
    const last = names.pop();
    for (const name of names) {
      const address = links.get(name);
      if (address === undefined) return undefined;
      links = this.#linksAt(address);
    }
    return last === undefined ? undefined : links.get(last);
  }

  /** @param {number} address of a group */
  #linksAt(address) {
    const known = this.#links.get(address);
    if (known) return known;
    this.visit(address);
    const { links } = this;
    this.#links.set(address, links);
    return links;
  }

  /**
   * The texts of an attribute.
   * @param {string} name
   * @returns {string[] | undefined} undefined if there is no such attribute, or it is no text
   */
  attribute(name) {
    const engine = this.#engine;
    const count = engine.scratch((scratch) => {
      const at = scratch.block({ count: WORD, name });
      this.#check('gc_hdf5_attribute', this.#address, at.name, at.count);
      return engine.ints(at.count, 1)[0];
    });
    if (count < 0) return undefined;
    return Array.from({ length: count }, (_, i) =>
      engine.text(engine.call('gc_hdf5_text', this.#address, i)),
    );
  }

  /**
   * The axes of a data set.
   * @returns {number[] | undefined} undefined for a group
   */
  get shape() {
    const engine = this.#engine;
    return engine.scratch((scratch) => {
      const axes = scratch.alloc(MAX_AXES * DOUBLE);
      const rank = engine.call('gc_hdf5_shape', this.#address, axes);
      return rank < 0 ? undefined : engine.doubles(axes, rank);
    });
  }

  /** NumPy's name of the type of a data set's values, "<f4". */
  get type() {
    return this.#engine.text(this.#engine.call('gc_hdf5_type', this.#address));
  }

  /** How many values of a data set are best read at once. */
  get part() {
    return this.#engine.scratch((scratch) => {
      const part = scratch.alloc(DOUBLE);
      this.#check('gc_hdf5_part', this.#address, part);
      return this.#engine.doubles(part, 1)[0];
    });
  }

  /**
   * Reads values of a data set into memory of the engine.
   * @param {number} pointer
   * @param {number} first index of the first value
   * @param {number} count
   */
  read(pointer, first, count) {
    this.#check('gc_hdf5_read', this.#address, first, count, pointer);
  }
}
