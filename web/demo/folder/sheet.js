/**
 * The pictures of a folder, each with what the network says and where it looked. The sheet works
 * while it is open. It begins again when the page explains otherwise.
 */

import './folder.css';
import { Beside } from '../beside.js';
import { baseName } from '../input/files.js';
import { lookOf } from '../look.js';
import { readPixels } from '../picture.js';
import { button, made, makeDialog } from '../view/dialog.js';
import { shrink } from '../view/small.js';
import * as words from '../view/words.js';
import { Grid } from './grid.js';
import { isDone, isMistake, sorted } from './order.js';
import * as texts from './texts.js';
import { truthsOf } from './truth.js';

/** @import { Page } from '../view/page.js' */
/** @import { Item, Order, Result } from './order.js' */

/** Pixels of the longer side of a small picture. */
const SMALL = 192;
/** Milliseconds after which what is new is put into its place. */
const REORDER = 500;

export class Sheet {
  #page;
  #dialog = makeDialog('sheet', texts);
  /** What is read out, and what changes too often for that. */
  #status = made('p', 'sheet-status');
  #count = made('p', 'sheet-status');
  #bar = document.createElement('progress');
  #order = document.createElement('select');
  #switch = button(texts.stop, () => (this.#session ? this.#stop() : this.#work()));
  #grid;
  /** @type {Item[]} as in the folder */
  #items = [];
  /** @type {Beside | undefined} what made the results */
  #made;
  /** @type {AbortController | undefined} ends the work */
  #session;
  #nextOrder = 0;

  /**
   * @param {Page} page
   * @param {object} listener
   * @param {(file: File) => void} listener.onOpen
   * @param {() => void} listener.onAnother the user wants another folder
   */
  constructor(page, { onOpen, onAnother }) {
    this.#page = page;
    this.#grid = new Grid(lookOf(page.state), (item) => {
      this.#dialog.dialog.close();
      onOpen(item.file);
    });
    this.#order.ariaLabel = texts.order;
    this.#order.append(...Object.entries(texts.orders).map(([key, text]) => new Option(text, key)));
    this.#order.addEventListener('change', () => {
      this.#reorder();
      this.#grid.rewind();
    });
    this.#status.setAttribute('role', 'status');
    this.#bar.ariaHidden = 'true';
    const tools = made('div', 'wide-tools');
    tools.append(this.#order, this.#switch, button(texts.another, onAnother), this.#bar);
    const { dialog } = this.#dialog;
    dialog.append(tools, this.#status, this.#count, this.#grid.element);
    dialog.addEventListener('close', () => this.#stop());
  }

  /** @param {File[]} files pictures, whose names are paths */
  fill(files) {
    this.#stop();
    this.#forget();
    const named = files.map((file) => ({ file, path: file.name }));
    named.sort((a, b) => a.path.localeCompare(b.path, undefined, { numeric: true }));
    this.#items = named.map((entry, index) => ({ ...entry, index }));
    const folders = new Set(files.map(({ name }) => name.slice(0, Math.max(0, name.indexOf('/')))));
    const [folder] = folders.size === 1 ? folders : [];
    this.#dialog.title.textContent = folder || texts.title;
    this.#made = undefined;
    this.#order.value = 'folder';
    this.#reorder();
    this.#grid.rewind();
    return this;
  }

  /** Shows the sheet, and works on. */
  open() {
    const { dialog } = this.#dialog;
    if (!dialog.open) dialog.showModal();
    this.#grid.look = lookOf(this.#page.state);
    this.#grid.element.focus();
    this.#work();
  }

  async #work() {
    this.#stop();
    const session = new AbortController();
    this.#session = session;
    this.#switch.textContent = texts.stop;
    this.#switch.hidden = false;
    if (!this.#made || this.#made.isOld(this.#page)) this.#say(texts.opening);
    try {
      const beside = await Beside.open(this.#page, session.signal);
      if (!beside) return this.#end(session, texts.noModel);
      try {
        this.#take(beside);
        await this.#explainAll(beside, session.signal);
      } finally {
        beside.close();
      }
      this.#end(session, this.#summary());
    } catch (error) {
      this.#end(session, words.sentence(error instanceof Error ? error.message : String(error)));
    }
  }

  /**
   * Forgets results of another model or of other settings, and finds out what folders name.
   * @param {Beside} beside
   */
  #take(beside) {
    if (!this.#made || this.#made.isOld(this.#page)) {
      const truths = truthsOf(
        this.#items.map(({ path }) => path),
        beside.model,
      );
      this.#forget();
      this.#items = this.#items.map(({ index, file, path }) => {
        const truth = truths[index];
        const truthName = truth && words.className(beside.model, truth[0]);
        return { index, file, path, truth, truthName };
      });
      const hasTruths = truths.some((truth) => truth);
      const mistakes = [...this.#order.options].find(({ value }) => value === 'mistakes');
      if (mistakes) mistakes.hidden = mistakes.disabled = !hasTruths;
      if (!hasTruths && this.#order.value === 'mistakes') this.#order.value = 'folder';
    }
    this.#made = beside;
    this.#reorder();
  }

  /**
   * @param {Beside} beside
   * @param {AbortSignal} signal
   */
  async #explainAll(beside, signal) {
    for (let item = this.#next(); item; item = this.#next()) {
      try {
        item.result = await explainOne(beside, item.file);
      } catch (error) {
        item.error = words.sentence(error instanceof Error ? error.message : String(error));
      }
      if (signal.aborted) return;
      this.#show();
    }
  }

  /** The item that is explained next, one in view if there is any. */
  #next() {
    return (
      this.#grid.shown.find((item) => !isDone(item)) ?? this.#items.find((item) => !isDone(item))
    );
  }

  /** Shows what is new. Pictures change their places now and then only. */
  #show() {
    const now = performance.now();
    if (now < this.#nextOrder) return this.#grid.draw();
    this.#nextOrder = now + REORDER;
    this.#reorder();
    this.#say('', this.#summary());
  }

  #reorder() {
    this.#grid.items = sorted(this.#items, /** @type {Order} */ (this.#order.value));
    this.#bar.max = Math.max(1, this.#items.length);
    this.#bar.value = this.#items.filter(isDone).length;
  }

  #summary() {
    const items = this.#items;
    const known = items.filter(({ truth, result }) => truth && result);
    const right = known.filter((item) => !isMistake(item)).length;
    const others = items.filter(({ truth, result }) => !truth && result).length;
    const failures = items.filter(({ error }) => error !== undefined).length;
    const done = items.filter(isDone).length;
    const failed = failures > 0 ? texts.failed(failures) : '';
    return (
      texts.progress(done, items.length) + texts.agreement(right, known.length, others) + failed
    );
  }

  /**
   * @param {AbortController} session
   * @param {string} text
   */
  #end(session, text) {
    if (session.signal.aborted) return;
    this.#stop();
    this.#reorder();
    this.#say(text);
  }

  /**
   * @param {string} text that is read out
   * @param {string} [count] that is not
   */
  #say(text, count = '') {
    this.#status.textContent = text;
    this.#count.textContent = count;
  }

  /** Frees the small pictures. */
  #forget() {
    for (const { result } of this.#items) if (result) URL.revokeObjectURL(result.thumb);
  }

  #stop() {
    this.#session?.abort();
    this.#session = undefined;
    this.#switch.textContent = texts.goOn;
    this.#switch.hidden = this.#items.every(isDone);
    this.#bar.hidden = this.#switch.hidden;
  }
}

/**
 * @param {Beside} beside
 * @param {File} file
 * @returns {Promise<Result>}
 */
async function explainOne(beside, file) {
  const pixels = await readPixels(file, SMALL);
  const answer = await beside.answer({ name: baseName(file), file, pixels });
  const target = words.targetOf(answer.explanation);
  const thumb = await shrink(answer.seen, SMALL).convertToBlob({
    type: 'image/jpeg',
    quality: 0.8,
  });
  return {
    target,
    name: words.className(answer.model, target),
    score: answer.run.scores[target],
    text: words.scoreOf(answer, target),
    heatmap: answer.explanation.targets[0].heatmap,
    thumb: URL.createObjectURL(thumb),
    ratio: answer.seen.width / answer.seen.height,
  };
}
