/** A list of radio buttons in a scrolling box. A long list has a filter. */

/**
 * @typedef {object} Choice
 * @property {string} value
 * @property {string} label
 * @property {string} detail shown at the end of the row
 * @property {number} [share] length of a bar under the row, 0 to 1
 * @property {string} [title] shown as a tooltip
 */

/** A list with this many rows or more has a filter. */
const LONG = 12;

export class ChoiceList {
  #rows = document.createElement('div');
  #none = document.createElement('p');
  #filter = document.createElement('input');
  #name;

  /**
   * @param {HTMLFieldSetElement} fieldset with a legend, after which the list is put
   * @param {{ noun: string, onChoose: (value: string) => void }} options `noun` is the word for a
   *   row
   */
  constructor(fieldset, { noun, onChoose }) {
    this.#name = fieldset.id;
    this.#rows.className = 'rows';
    this.#none.className = 'none';
    this.#none.textContent = `No ${noun} has this in its name.`;
    Object.assign(this.#filter, { type: 'search', placeholder: 'Find', hidden: true });
    this.#filter.setAttribute('aria-label', `Find a ${noun}`);
    this.#filter.addEventListener('input', () => this.#applyFilter());
    this.#rows.addEventListener('change', (event) => {
      if (event.target instanceof HTMLInputElement) onChoose(event.target.value);
    });
    fieldset.querySelector('legend')?.after(this.#filter, this.#rows);
  }

  /** @param {Choice[]} choices */
  fill(choices) {
    this.#rows.replaceChildren(...choices.map((choice) => this.#row(choice)), this.#none);
    this.#rows.scrollTop = 0;
    this.#filter.hidden = choices.length < LONG;
    if (this.#filter.hidden) this.#filter.value = '';
    this.#applyFilter();
  }

  /**
   * Marks a row and scrolls to it, unless it is marked already.
   * @param {string} value
   */
  select(value) {
    const input = this.#rows.querySelector(`input[value="${CSS.escape(value)}"]`);
    if (!(input instanceof HTMLInputElement) || input.checked) return;
    input.checked = true;
    this.#reveal(/** @type {HTMLElement} */ (input.parentElement));
  }

  /** @param {Choice} choice */
  #row({ value, label, detail, share, title = '' }) {
    const row = document.createElement('label');
    Object.assign(row, { className: 'row', title });
    const input = document.createElement('input');
    Object.assign(input, { type: 'radio', name: this.#name, value });
    row.append(input, span('name', label), span('detail', detail));
    if (share !== undefined) row.append(bar(share));
    return row;
  }

  #applyFilter() {
    const wanted = this.#filter.value.trim().toLowerCase();
    let found = false;
    for (const row of this.#rows.querySelectorAll('.row')) {
      const name = row.querySelector('.name')?.textContent ?? '';
      const hit = name.toLowerCase().includes(wanted);
      row.toggleAttribute('hidden', !hit);
      found ||= hit;
    }
    this.#none.hidden = found;
  }

  /**
   * Scrolls the box to a row. Unlike scrollIntoView, this never scrolls the page.
   * @param {HTMLElement} row
   */
  #reveal(row) {
    const above = row.offsetTop - this.#rows.scrollTop;
    const below = above + row.offsetHeight - this.#rows.clientHeight;
    if (above < 0) this.#rows.scrollTop += above;
    else if (below > 0) this.#rows.scrollTop += below;
  }
}

/**
 * @param {string} className
 * @param {string} text
 */
function span(className, text) {
  const element = document.createElement('span');
  element.className = className;
  element.textContent = text;
  return element;
}

/** @param {number} share */
function bar(share) {
  const element = span('bar', '');
  element.style.setProperty('--share', String(share));
  return element;
}
