/** Remembers what the user opens, and opens what is remembered. It is loaded when it is needed. */

import { own } from '../state.js';
import { listEntries, removeEntry, writeEntry } from './store.js';
import * as texts from './texts.js';
import { isKeeping, setKeeping } from './wish.js';

/** @import { ModelChoice } from '../models.js' */
/** @import { PictureChoice } from '../picture.js' */
/** @import { Page } from '../view/page.js' */
/** @import { Entry } from './store.js' */

export class Keeper {
  /** @type {Map<string, Entry>} by the keys of the address */
  entries = new Map();
  /** @type {() => void} called when anything changes */
  onChange = () => {};
  /** What happened last. */
  said = '';
  /** Whether the browser can keep files. */
  isAble = false;
  #page;
  /** @type {Promise<void>} the work so far. Files are written one after another */
  #work;

  /** @param {Page} page */
  constructor(page) {
    this.#page = page;
    this.#work = this.#read();
  }

  /** Settles when all is read and written. */
  get settled() {
    return this.#work;
  }

  /** @param {boolean} wish */
  async wish(wish) {
    setKeeping(wish);
    // The browser may drop what is not asked to stay.
    if (wish) await navigator.storage.persist?.();
    if (wish) this.keepAll();
    this.onChange();
  }

  /** Copies all that is open and is not copied yet. */
  keepAll() {
    if (!isKeeping() || !this.isAble) return;
    for (const [key, choice] of own.all) {
      this.#work = this.#work.then(() => this.#keep(key, choice));
    }
  }

  /** @param {string} key */
  async forget(key) {
    const name = this.entries.get(key)?.name ?? '';
    await removeEntry(key);
    this.entries.delete(key);
    this.#say(texts.forgotten(name));
  }

  async #read() {
    try {
      for (const entry of await listEntries()) this.#open(entry);
      this.isAble = true;
    } catch {
      this.#say(texts.unable);
    }
  }

  /** @param {Entry} entry */
  #open(entry) {
    this.entries.set(entry.key, entry);
    if (own.find(entry.key)) return;
    own.register(entry.key, entry.choice);
    const { choice } = entry;
    if (choice.source instanceof Blob) this.#page.addPicture(/** @type {PictureChoice} */ (choice));
    else this.#page.addModel(/** @type {ModelChoice} */ (choice));
  }

  /**
   * @param {string} key
   * @param {ModelChoice | PictureChoice} choice
   */
  async #keep(key, choice) {
    if (this.entries.has(key) || !isKeeping()) return;
    const { name } = choice;
    this.#say(texts.keeping(name));
    try {
      await writeEntry(key, choice);
      const entry = (await listEntries()).find((entry) => entry.key === key);
      if (entry) this.entries.set(key, { ...entry, choice });
      this.#say(texts.kept(name));
    } catch (error) {
      const { name: kind, message } = /** @type {DOMException} */ (error);
      const isFull = kind === 'QuotaExceededError';
      this.#say(isFull ? texts.noSpace(name) : texts.failed(name, message));
    }
  }

  /** @param {string} text */
  #say(text) {
    this.said = text;
    this.onChange();
  }
}
