/** The panel that saves and copies what the page shows. It is loaded when it is first opened. */

import './menu.css';
import { commandLacks, toCommandLine, toJavaScript } from './code.js';
import { button } from '../view/element.js';
import { make } from './job.js';
import { showAll, takeSnapshot } from './snapshot.js';
import { done, panel as texts } from './texts.js';

/** @import { Page } from '../view/page.js' */
/** @import { Job } from './job.js' */

/** Endings of files by the kind of work. */
const ENDINGS = {
  captioned: '.png',
  plain: ' plain.png',
  sheet: ' all.png',
  json: '.json',
  npy: '.npy',
  report: '.html',
};

export class SaveMenu {
  #page;
  #status = document.createElement('p');
  #bar = document.createElement('progress');
  #work = document.createElement('div');
  #note = document.createElement('p');
  #carry = document.createElement('input');
  #carryRow = document.createElement('label');
  /** @type {HTMLElement} */
  #sheetRow;
  /** @type {AbortController | undefined} */
  #running;

  /**
   * @param {HTMLElement} panel an empty popover
   * @param {Page} page
   */
  constructor(panel, page) {
    this.#page = page;
    this.#sheetRow = this.#row(texts.sheet, [
      ['Save PNG', () => this.#save('sheet')],
      ['Copy', () => this.#copyPicture('sheet')],
    ]);
    const title = document.createElement('h2');
    Object.assign(title, { id: 'save-title', textContent: texts.title });
    Object.assign(this.#note, { className: 'hint', textContent: texts.noHeat });
    const close = button(texts.close, () => panel.hidePopover());
    const parts = [title, this.#note, ...this.#rows(), ...this.#foot(), close];
    panel.replaceChildren(...parts);
    panel.addEventListener('toggle', () => this.#refresh());
    this.#refresh();
  }

  #rows() {
    Object.assign(this.#carry, { type: 'checkbox' });
    this.#carryRow.append(this.#carry, ` ${texts.carry}`);
    return [
      this.#row(texts.captioned, [
        ['Save PNG', () => this.#save('captioned')],
        ['Copy', () => this.#copyPicture('captioned')],
      ]),
      this.#row(texts.plain, [
        ['Save PNG', () => this.#save('plain')],
        ['Copy', () => this.#copyPicture('plain')],
      ]),
      this.#sheetRow,
      this.#carryRow,
      this.#row(texts.numbers, [
        ['JSON', () => this.#save('json')],
        ['NPY', () => this.#save('npy')],
      ]),
      this.#row(texts.report, [['Save HTML', () => this.#save('report')]]),
      this.#row(texts.code, [
        ['Copy JavaScript', () => this.#copyCode(toJavaScript)],
        ['Copy command', () => this.#copyCommand()],
      ]),
    ];
  }

  #foot() {
    this.#status.setAttribute('role', 'status');
    this.#bar.ariaLabel = 'How much is written';
    Object.assign(this.#work, { className: 'save-work', hidden: true });
    this.#work.append(
      this.#bar,
      button(texts.cancel, () => this.#running?.abort()),
    );
    return [this.#work, this.#status];
  }

  /**
   * A line with a name and buttons.
   * @param {string} name
   * @param {[text: string, action: () => void][]} actions
   */
  #row(name, actions) {
    const row = document.createElement('div');
    const label = document.createElement('span');
    const buttons = document.createElement('div');
    row.className = 'save-row';
    label.textContent = name;
    for (const [text, action] of actions) {
      const made = button(text, action);
      made.setAttribute('aria-label', `${text}: ${name}`);
      buttons.append(made);
    }
    row.append(label, buttons);
    return row;
  }

  /** Shows what can be chosen for what the page shows now. */
  #refresh() {
    const { answer } = this.#page.active;
    const isOwn = answer !== undefined && answer.question.picture.id === undefined;
    this.#carryRow.hidden = !isOwn;
    this.#note.hidden = this.#page.state.heat;
    this.#sheetRow.hidden = this.#page.panes.filter(({ answer }) => answer).length < 2;
    if (!this.#running) this.#status.textContent = '';
  }

  /** @param {Job['kind']} kind */
  #job(kind) {
    const state = this.#page.state;
    const snapshot = takeSnapshot(state, this.#page.active);
    if (!snapshot) throw new Error(texts.failed);
    const { panes: all, difference } = this.#page;
    const panes = kind === 'sheet' ? showAll(state, all, difference) : [];
    const carried = this.#carry.checked && !this.#carryRow.hidden;
    return { kind, snapshot, panes, carried };
  }

  /** @param {Job['kind']} kind */
  async #save(kind) {
    const job = this.#job(kind);
    const blob = await this.#make(job);
    if (!blob) return;
    const name = `${job.snapshot.fileName}${ENDINGS[kind]}`;
    download(blob, name);
    this.#status.textContent = done.saved(name, blob.size);
  }

  /** @param {Job['kind']} kind */
  async #copyPicture(kind) {
    const made = this.#make(this.#job(kind));
    // The browser wants the promise at once, because only a click allows a copy.
    const png = made.then((blob) => blob ?? Promise.reject(new Error(done.cancelled)));
    await this.#copy(done.picture, () =>
      navigator.clipboard.write([new ClipboardItem({ 'image/png': png })]),
    );
  }

  /** @param {(parts: import('./code.js').CodeParts) => string} toCode */
  #copyCode(toCode) {
    const text = toCode(this.#job('json').snapshot.code);
    return this.#copy(done.code, () => navigator.clipboard.writeText(text));
  }

  #copyCommand() {
    const lacks = commandLacks(this.#job('json').snapshot.code);
    if (!lacks) return this.#copyCode(toCommandLine);
    this.#status.textContent = lacks;
  }

  /**
   * @param {string} what
   * @param {() => Promise<void>} write
   */
  async #copy(what, write) {
    try {
      await write();
      this.#status.textContent = done.copied(what);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** @param {unknown} error */
  #fail(error) {
    const reason = error instanceof Error ? error.message : String(error);
    this.#status.textContent = `${texts.failed} ${reason}`;
  }

  /**
   * @param {Job} job
   * @returns {Promise<Blob | undefined>} undefined if it fails or is cancelled, which is said
   */
  async #make(job) {
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    this.#status.textContent = '';
    this.#bar.removeAttribute('value');
    this.#work.hidden = false;
    try {
      const onProgress = (/** @type {number} */ share) => (this.#bar.value = share);
      return await make(job, { signal: running.signal, onProgress });
    } catch (error) {
      if (running !== this.#running) return undefined;
      if (running.signal.aborted) this.#status.textContent = done.cancelled;
      else this.#fail(error);
      return undefined;
    } finally {
      if (running === this.#running) {
        this.#running = undefined;
        this.#work.hidden = true;
      }
    }
  }
}

/**
 * @param {Blob} blob
 * @param {string} name
 */
function download(blob, name) {
  const address = URL.createObjectURL(blob);
  const link = document.createElement('a');
  Object.assign(link, { href: address, download: name });
  link.click();
  // The click starts the download, but some browsers read the address later.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
