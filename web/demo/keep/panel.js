/**
 * The panel of all that the browser keeps for the page. The user sees the models for a time without
 * a network and the own files together, and forgets them.
 */

import './panel.css';
import { readKept } from '../offline/kept.js';
import { button } from '../view/element.js';
import { size } from '../save/texts.js';
import * as texts from './texts.js';
import { isKeeping } from './wish.js';

/** @import { Keeper } from './keeper.js' */

/**
 * What can be forgotten.
 * @typedef {{ name: string, bytes: number, forget: () => Promise<unknown> }} Kept
 */

export class KeepPanel {
  #keeper;
  #offline = document.createElement('p');
  #wish = document.createElement('input');
  #used = document.createElement('p');
  #list = document.createElement('ul');
  #status = document.createElement('p');
  #all = button(texts.forgetAll, () => this.#forget(...this.#kept));
  #close;
  /** @type {Kept[]} */
  #kept = [];

  /**
   * @param {HTMLElement} panel an empty popover
   * @param {Keeper} keeper
   */
  constructor(panel, keeper) {
    this.#keeper = keeper;
    this.#close = button(texts.close, () => panel.hidePopover());
    const title = document.createElement('h2');
    Object.assign(title, { id: 'kept-title', textContent: texts.title });
    const how = document.createElement('p');
    Object.assign(how, { className: 'hint', textContent: texts.how });
    this.#status.setAttribute('role', 'status');
    const foot = document.createElement('div');
    foot.className = 'kept-foot';
    foot.append(this.#all, this.#close);
    const parts = [this.#offline, this.#wishRow(), how, this.#used, this.#list, this.#status];
    panel.replaceChildren(title, ...parts, foot);
    panel.addEventListener('toggle', () => this.#show());
    keeper.onChange = () => this.#show();
    this.#show();
    keeper.settled.then(() => this.#show());
  }

  #wishRow() {
    const label = document.createElement('label');
    label.className = 'switch';
    Object.assign(this.#wish, { type: 'checkbox' });
    this.#wish.setAttribute('role', 'switch');
    this.#wish.addEventListener('change', () => this.#keeper.wish(this.#wish.checked));
    label.append(this.#wish, ` ${texts.wish}`);
    return label;
  }

  async #show() {
    const { said, isAble } = this.#keeper;
    this.#wish.checked = isKeeping();
    this.#wish.disabled = !isAble;
    this.#status.textContent = said;
    const { status, models } = await readKept();
    this.#offline.textContent = status;
    const own = Array.from(this.#keeper.entries.values(), ({ key, name, bytes }) => {
      return { name, bytes, forget: () => this.#keeper.forget(key) };
    });
    this.#kept = [...models, ...own];
    this.#all.hidden = this.#kept.length < 2;
    this.#list.replaceChildren(...this.#kept.map((kept) => this.#row(kept)));
    this.#used.textContent = await this.#space();
  }

  async #space() {
    const { length } = this.#kept;
    const bytes = this.#kept.reduce((sum, kept) => sum + kept.bytes, 0);
    const { quota = 0, usage = 0 } = (await navigator.storage?.estimate?.()) ?? {};
    return length > 0 ? texts.used(length, bytes, Math.max(0, quota - usage)) : texts.none;
  }

  /** @param {Kept} kept */
  #row(kept) {
    const row = document.createElement('li');
    const label = document.createElement('span');
    label.textContent = `${kept.name}, ${size(kept.bytes)}`;
    const forget = button(texts.forget, () => this.#forget(kept));
    forget.setAttribute('aria-label', `${texts.forget} ${kept.name}`);
    row.append(label, forget);
    return row;
  }

  /** @param {Kept[]} all */
  async #forget(...all) {
    for (const { forget } of all) await forget();
    await this.#show();
    // The button that was pressed is gone.
    this.#close.focus();
  }
}
