/** The panel of remembered files. The user switches it on, sees what there is, and forgets it. */

import './panel.css';
import { size } from '../save/texts.js';
import * as texts from './texts.js';
import { isKeeping } from './wish.js';

/** @import { Keeper } from './keeper.js' */

export class KeepPanel {
  #keeper;
  #wish = document.createElement('input');
  #used = document.createElement('p');
  #list = document.createElement('ul');
  #status = document.createElement('p');
  #all = button(texts.forgetAll, () => this.#forgetAll());

  /**
   * @param {HTMLElement} panel an empty popover
   * @param {Keeper} keeper
   */
  constructor(panel, keeper) {
    this.#keeper = keeper;
    const title = document.createElement('h2');
    Object.assign(title, { id: 'kept-title', textContent: texts.title });
    const label = document.createElement('label');
    label.className = 'switch';
    Object.assign(this.#wish, { type: 'checkbox' });
    this.#wish.setAttribute('role', 'switch');
    this.#wish.addEventListener('change', () => keeper.wish(this.#wish.checked));
    label.append(this.#wish, ` ${texts.wish}`);
    const how = document.createElement('p');
    Object.assign(how, { className: 'hint', textContent: texts.how });
    this.#status.setAttribute('role', 'status');
    const close = button(texts.close, () => panel.hidePopover());
    const foot = document.createElement('div');
    foot.className = 'kept-foot';
    foot.append(this.#all, close);
    panel.replaceChildren(title, label, how, this.#used, this.#list, this.#status, foot);
    keeper.onChange = () => this.#show();
    this.#show();
    keeper.settled.then(() => this.#show());
  }

  async #show() {
    const { entries, said, isAble } = this.#keeper;
    this.#wish.checked = isKeeping();
    this.#wish.disabled = !isAble;
    this.#status.textContent = said;
    this.#all.hidden = entries.size < 2;
    this.#list.replaceChildren(...Array.from(entries.values(), (entry) => this.#row(entry)));
    const bytes = Array.from(entries.values()).reduce((sum, entry) => sum + entry.bytes, 0);
    const { quota = 0, usage = 0 } = (await navigator.storage?.estimate?.()) ?? {};
    const left = Math.max(0, quota - usage);
    this.#used.textContent = entries.size > 0 ? texts.used(entries.size, bytes, left) : texts.none;
  }

  /** @param {import('./store.js').Entry} entry */
  #row({ key, name, bytes }) {
    const row = document.createElement('li');
    const label = document.createElement('span');
    label.textContent = `${name}, ${size(bytes)}`;
    const forget = button(texts.forget, () => this.#keeper.forget(key));
    forget.setAttribute('aria-label', `${texts.forget} ${name}`);
    row.append(label, forget);
    return row;
  }

  async #forgetAll() {
    for (const key of [...this.#keeper.entries.keys()]) await this.#keeper.forget(key);
  }
}

/**
 * @param {string} text
 * @param {() => void} action
 */
function button(text, action) {
  const made = document.createElement('button');
  Object.assign(made, { type: 'button', textContent: text });
  made.addEventListener('click', action);
  return made;
}
