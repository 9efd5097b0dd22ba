/** The layers as a table that unfolds. */

import { make } from './make.js';
import { countText, shapeText, timeText } from './facts.js';
import { words } from './texts.js';
import { seen } from './tree.js';

/** @import { Facts, NodeFacts } from './facts.js' */
/** @import { TreeNode } from './tree.js' */

/**
 * What the table and the graph tell.
 * @typedef {object} ViewListener
 * @property {(node: TreeNode) => void} onSelect
 * @property {(node: TreeNode, isOpen: boolean) => void} onFold
 */

/**
 * What the table and the graph show.
 * @typedef {object} Shown
 * @property {TreeNode} root
 * @property {Facts} facts
 * @property {ReadonlySet<TreeNode>} open
 * @property {TreeNode} selected
 * @property {ReadonlySet<TreeNode>} hits that were searched for
 */

/** Rows that a page key passes. */
const PAGE = 10;

export class Table {
  element = make('div', { class: 'inspect-view' });
  #listener;
  #body = make('tbody');
  /** @type {Shown | undefined} */
  #shown;
  /** @type {Map<TreeNode, HTMLTableRowElement>} */
  #rows = new Map();

  /** @param {ViewListener} listener */
  constructor(listener) {
    this.#listener = listener;
    const heads = words.columns.map((text) => make('th', { scope: 'col', text }));
    const table = make(
      'table',
      {
        role: 'treegrid',
        'aria-label': words.title,
        'aria-describedby': 'inspect-keys',
        class: 'inspect-table',
      },
      make('thead', {}, make('tr', {}, ...heads)),
      this.#body,
    );
    this.element.append(table);
    this.#body.addEventListener('click', (event) => this.#click(event));
    this.#body.addEventListener('keydown', (event) => this.#key(event));
  }

  /** @param {Shown} shown */
  show(shown) {
    this.#shown = shown;
    const nodes = [...seen(shown.root, shown.open)];
    const most = mostOf(nodes, shown.facts);
    this.#rows = new Map(nodes.map((node) => [node, this.#row(node, shown, most)]));
    const hadFocus = this.#body.contains(document.activeElement);
    this.#body.replaceChildren(...this.#rows.values());
    this.#reveal(hadFocus);
  }

  /** @param {TreeNode} node */
  select(node) {
    if (!this.#shown) return;
    const before = this.#rows.get(this.#shown.selected);
    before?.setAttribute('aria-selected', 'false');
    if (before) before.tabIndex = -1;
    this.#shown = { ...this.#shown, selected: node };
    this.#reveal(this.#body.contains(document.activeElement));
  }

  focus() {
    this.#reveal(true);
  }

  /** @param {boolean} takesFocus */
  #reveal(takesFocus) {
    const row = this.#shown && this.#rows.get(this.#shown.selected);
    if (!row) return;
    row.setAttribute('aria-selected', 'true');
    row.tabIndex = 0;
    row.scrollIntoView({ block: 'nearest' });
    if (takesFocus) row.focus({ preventScroll: true });
  }

  /**
   * @param {TreeNode} node
   * @param {Shown} shown
   * @param {Most} most
   */
  #row(node, { facts, open, hits }, most) {
    const { type, shape, params, multiplyAdds, time } = facts.of(node);
    const isOpen = node.children.length > 0 ? open.has(node) : undefined;
    const twist = make('span', { class: 'inspect-twist', 'aria-hidden': 'true' });
    const name = make('span', { class: 'inspect-name', text: node.name, title: node.name });
    const first = make('td', { class: 'inspect-first' }, twist, name);
    first.style.setProperty('--depth', String(node.depth));
    const row = make(
      'tr',
      {
        'aria-level': node.depth + 1,
        'aria-expanded': isOpen === undefined ? undefined : String(isOpen),
        'aria-selected': 'false',
        tabindex: -1,
        class: hits.has(node) ? 'hit' : undefined,
      },
      first,
      make('td', { text: type }),
      make('td', { text: shapeText(shape) }),
      number(countText(params), shareOf(node, params, most.params)),
      number(textOf(multiplyAdds, countText), shareOf(node, multiplyAdds, most.multiplyAdds)),
      number(textOf(time, timeText), shareOf(node, time, most.time)),
    );
    return row;
  }

  /** @param {Event} event */
  #nodeOf({ target }) {
    const row = target instanceof Element ? target.closest('tr') : null;
    for (const [node, own] of this.#rows) if (own === row) return node;
    return undefined;
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const node = this.#nodeOf(event);
    if (!node || !this.#shown) return;
    const isTwist = event.target instanceof Element && event.target.matches('.inspect-twist');
    this.#listener.onSelect(node);
    this.focus();
    if (isTwist || event.detail === 2) this.#fold(node, !this.#shown.open.has(node));
  }

  /**
   * @param {TreeNode} node
   * @param {boolean} isOpen
   */
  #fold(node, isOpen) {
    if (node.children.length > 0) this.#listener.onFold(node, isOpen);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const node = this.#nodeOf(event);
    if (!node || !this.#shown || event.ctrlKey || event.metaKey || event.altKey) return;
    const { open } = this.#shown;
    const nodes = [...this.#rows.keys()];
    const at = nodes.indexOf(node);
    const go = (/** @type {number} */ to) =>
      this.#listener.onSelect(nodes[Math.min(nodes.length - 1, Math.max(0, to))]);
    /** @type {Record<string, () => void>} */
    const keys = {
      ArrowDown: () => go(at + 1),
      ArrowUp: () => go(at - 1),
      PageDown: () => go(at + PAGE),
      PageUp: () => go(at - PAGE),
      Home: () => go(0),
      End: () => go(nodes.length - 1),
      Enter: () => this.#fold(node, !open.has(node)),
      ArrowRight: () => (open.has(node) ? go(at + 1) : this.#fold(node, true)),
      ArrowLeft: () => {
        if (open.has(node) && node.parent) this.#fold(node, false);
        else if (node.parent) this.#listener.onSelect(node.parent);
      },
    };
    if (!(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  }
}

/**
 * The largest figures of the single rows.
 * @typedef {Record<'params' | 'multiplyAdds' | 'time', number>} Most
 */

/**
 * @param {TreeNode[]} nodes
 * @param {Facts} facts
 * @returns {Most}
 */
function mostOf(nodes, facts) {
  const found = nodes.filter(({ kind }) => kind !== 'model').map((node) => facts.of(node));
  const most = (/** @type {'params' | 'multiplyAdds' | 'time'} */ key) =>
    Math.max(1e-9, ...found.map((one) => one[key] ?? 0));
  return { params: most('params'), multiplyAdds: most('multiplyAdds'), time: most('time') };
}

/**
 * @param {NodeFacts['time']} value
 * @param {(value: number) => string} format
 */
export function textOf(value, format) {
  return value === undefined ? '…' : value === null ? '–' : format(value);
}

/**
 * The length of a bar behind a number.
 * @param {TreeNode} node
 * @param {number | null | undefined} value
 * @param {number} most
 */
function shareOf({ kind }, value, most) {
  return kind === 'model' ? 0 : (value ?? 0) / most;
}

/**
 * @param {string} text
 * @param {number} share
 */
function number(text, share) {
  const cell = make('td', { class: 'inspect-number', text });
  cell.style.setProperty('--share', String(Math.min(1, share)));
  return cell;
}
