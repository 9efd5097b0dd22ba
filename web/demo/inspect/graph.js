/** The layers as a graph. Rows go from the input down, and blocks unfold in their place. */

import { shapeText } from './facts.js';
import { layOut } from './layout.js';
import { button, make, makeSvg } from './make.js';
import { words } from './texts.js';
import { connections, seen } from './tree.js';

/** @import { Layout } from './layout.js' */
/** @import { Shown, ViewListener } from './table.js' */
/** @import { LayerInfo, TreeNode } from './tree.js' */

/** Pixels of a node, of a letter in it, and around the graph. */
const HEIGHT = 42;
const LETTERS = { name: 8, below: 6.8 };
const [NARROWEST, WIDEST] = [120, 270];
const MARGIN = 20;
const ZOOM_STEP = 1.25;
const [LEAST_ZOOM, MOST_ZOOM] = [0.2, 3];

/** Families of layers, which have colours. */
const FAMILIES = /** @type {const} */ ([
  ['convolution', /Conv|Dense|Attention/],
  ['norm', /Normalization|Rescaling|LayerScale/],
  ['activation', /ReLU|Activation|Softmax|ELU|Swish|Sigmoid|relu|sigmoid|softmax/],
  ['pool', /Pool|Flatten|Reshape|Padding|Cropping|UpSampling/],
  ['merge', /Add|Concat|Multiply|Subtract|Average|Maximum|Minimum|Dot/],
]);

export class Graph {
  element = make('div', { class: 'inspect-view inspect-graph' });
  #listener;
  #layers;
  #svg = makeSvg('svg', {
    role: 'tree',
    tabindex: 0,
    'aria-label': words.graphLabel,
    'aria-describedby': 'inspect-keys',
  });
  /** @type {Shown | undefined} */
  #shown;
  /** @type {TreeNode[]} */
  #nodes = [];
  /** @type {Map<TreeNode, SVGGElement>} */
  #drawn = new Map();
  /** @type {Layout | undefined} */
  #layout;
  /** @type {[number, number][]} */
  #edges = [];
  #zoom = 1;

  /**
   * @param {ViewListener} listener
   * @param {LayerInfo[]} layers
   */
  constructor(listener, layers) {
    this.#listener = listener;
    this.#layers = layers;
    const tools = make(
      'div',
      { class: 'inspect-zoom' },
      button('+', () => this.#zoomBy(ZOOM_STEP), { 'aria-label': words.zoomIn }),
      button('−', () => this.#zoomBy(1 / ZOOM_STEP), { 'aria-label': words.zoomOut }),
    );
    this.element.append(make('div', { class: 'inspect-scroll' }, this.#svg), tools);
    this.#svg.addEventListener('click', (event) => this.#click(event));
    this.#svg.addEventListener('keydown', (event) => this.#key(event));
    this.#svg.addEventListener(
      'wheel',
      (event) => {
        if (!event.ctrlKey) return;
        event.preventDefault();
        this.#zoomBy(event.deltaY < 0 ? ZOOM_STEP : 1 / ZOOM_STEP);
      },
      { passive: false },
    );
    this.#listenToDrag();
  }

  /** @param {Shown} shown */
  show(shown) {
    this.#shown = shown;
    // What is in an open node stands in its place.
    this.#nodes = [...seen(shown.root, shown.open)].filter(
      (node) => node !== shown.root && !shown.open.has(node),
    );
    this.#edges = connections(this.#nodes, this.#layers);
    const sizes = this.#nodes.map((node) => {
      const letters = node.name.length * LETTERS.name;
      const below = this.#below(node).length * LETTERS.below;
      const width = Math.min(WIDEST, Math.max(NARROWEST, letters + 28, below + 28));
      return { width, height: HEIGHT };
    });
    this.#layout = layOut(sizes, this.#edges);
    const lines = this.#layout.lines.map((d) => makeSvg('path', { d, class: 'inspect-line' }));
    this.#drawn = new Map(
      this.#nodes.map((node, i) => [node, this.#node(node, i, sizes[i].width)]),
    );
    this.#svg.replaceChildren(makeSvg('g', { role: 'none' }, ...lines), ...this.#drawn.values());
    this.#resize();
    this.select(shown.selected, 'center');
  }

  /**
   * @param {TreeNode} node
   * @param {ScrollLogicalPosition} [block] where it comes to stand
   */
  select(node, block = 'nearest') {
    if (!this.#shown) return;
    this.#drawn.get(this.#shown.selected)?.setAttribute('aria-selected', 'false');
    this.#shown = { ...this.#shown, selected: node };
    const drawn = this.#drawn.get(node);
    if (!drawn) return this.#svg.removeAttribute('aria-activedescendant');
    drawn.setAttribute('aria-selected', 'true');
    this.#svg.setAttribute('aria-activedescendant', drawn.id);
    drawn.scrollIntoView({ block, inline: block });
  }

  focus() {
    this.#svg.focus({ preventScroll: true });
  }

  /** @param {TreeNode} node */
  #below(node) {
    const { type, shape } = /** @type {Shown} */ (this.#shown).facts.of(node);
    const what = node.kind === 'layer' ? type : words.layers(node.children.length);
    return `${what} · ${shapeText(shape)}`;
  }

  /**
   * @param {TreeNode} node
   * @param {number} i
   * @param {number} width
   */
  #node(node, i, width) {
    const { x, y } = /** @type {Layout} */ (this.#layout).places[i];
    const below = this.#below(node);
    const { type } = /** @type {Shown} */ (this.#shown).facts.of(node);
    const family = FAMILIES.find(([, names]) => names.test(type))?.[0] ?? 'other';
    const isBlock = node.children.length > 0;
    const isHit = this.#shown?.hits.has(node);
    const left = -width / 2;
    const box = { x: left, y: -HEIGHT / 2, width, height: HEIGHT, rx: 6 };
    const stripe = { x: left, y: -HEIGHT / 2, width: 6, height: HEIGHT, rx: 3 };
    return makeSvg(
      'g',
      {
        id: `inspect-node-${i}`,
        role: 'treeitem',
        'aria-selected': 'false',
        'aria-expanded': isBlock ? 'false' : undefined,
        transform: `translate(${x} ${y})`,
        class: `inspect-node ${isBlock ? 'block' : family}${isHit ? ' hit' : ''}`,
      },
      makeSvg('title', { text: `${node.name}, ${below}` }),
      ...(isBlock ? [makeSvg('rect', { ...box, x: left + 4, y: 4 - HEIGHT / 2 })] : []),
      makeSvg('rect', box),
      makeSvg('rect', { ...stripe, class: 'stripe' }),
      makeSvg('text', { y: -3, 'aria-hidden': 'true', text: cut(node.name, width, 'name') }),
      makeSvg('text', { y: 13, 'aria-hidden': 'true', text: cut(below, width, 'below') }),
    );
  }

  /** @param {Event} event */
  #nodeOf({ target }) {
    const group = target instanceof Element ? target.closest('.inspect-node') : null;
    for (const [node, own] of this.#drawn) if (own === group) return node;
    return undefined;
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const node = this.#nodeOf(event);
    if (!node) return;
    this.#listener.onSelect(node);
    if (event.detail === 2) this.#toggle(node);
  }

  /**
   * Unfolds a block. A layer folds the block that it is in.
   * @param {TreeNode} node
   */
  #toggle(node) {
    if (node.children.length > 0) return this.#listener.onFold(node, true);
    if (node.parent?.parent) this.#listener.onFold(node.parent, false);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (!this.#shown || event.ctrlKey || event.metaKey || event.altKey) return;
    const { selected } = this.#shown;
    /** @type {Record<string, () => void>} */
    const keys = {
      ArrowDown: () => this.#follow(1),
      ArrowUp: () => this.#follow(-1),
      ArrowRight: () => this.#beside(1),
      ArrowLeft: () => this.#beside(-1),
      Home: () => this.#listener.onSelect(this.#nodes[0]),
      End: () => this.#listener.onSelect(this.#nodes[this.#nodes.length - 1]),
      Enter: () => this.#toggle(selected),
      '+': () => this.#zoomBy(ZOOM_STEP),
      '=': () => this.#zoomBy(ZOOM_STEP),
      '-': () => this.#zoomBy(1 / ZOOM_STEP),
      0: () => this.#zoomBy(1 / this.#zoom),
    };
    if (!(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  }

  /**
   * Goes along a connection. The straightest is followed.
   * @param {1 | -1} way down or up
   */
  #follow(way) {
    const at = this.#at();
    if (at < 0) return this.#listener.onSelect(this.#nodes[0]);
    const next = this.#edges
      .filter((edge) => edge[way > 0 ? 0 : 1] === at)
      .map((edge) => edge[way > 0 ? 1 : 0]);
    const { places, rows } = /** @type {Layout} */ (this.#layout);
    const score = (/** @type {number} */ i) =>
      1000 * Math.abs(rows[i] - rows[at]) + Math.abs(places[i].x - places[at].x);
    next.sort((a, b) => score(a) - score(b));
    if (next.length > 0) this.#listener.onSelect(this.#nodes[next[0]]);
  }

  /**
   * Goes to a neighbour in the row.
   * @param {1 | -1} way right or left
   */
  #beside(way) {
    const at = this.#at();
    if (at < 0) return;
    const { places, rows } = /** @type {Layout} */ (this.#layout);
    const row = [...rows.keys()].filter((i) => rows[i] === rows[at]);
    row.sort((a, b) => places[a].x - places[b].x);
    const next = row[row.indexOf(at) + way];
    if (next !== undefined) this.#listener.onSelect(this.#nodes[next]);
  }

  #at() {
    return this.#shown ? this.#nodes.indexOf(this.#shown.selected) : -1;
  }

  /** @param {number} factor */
  #zoomBy(factor) {
    this.#zoom = Math.min(MOST_ZOOM, Math.max(LEAST_ZOOM, this.#zoom * factor));
    this.#resize();
    if (this.#shown) this.select(this.#shown.selected);
  }

  #resize() {
    const { width, height } = this.#layout ?? { width: 0, height: 0 };
    const [w, h] = [width + 2 * MARGIN, height + 2 * MARGIN];
    this.#svg.setAttribute('viewBox', `${-MARGIN} ${-MARGIN} ${w} ${h}`);
    this.#svg.setAttribute('width', String(Math.round(w * this.#zoom)));
    this.#svg.setAttribute('height', String(Math.round(h * this.#zoom)));
  }

  /** The pointer drags the graph. */
  #listenToDrag() {
    const box = /** @type {HTMLElement} */ (this.element.firstElementChild);
    /** @type {{ x: number, y: number } | undefined} */
    let from;
    box.addEventListener('pointerdown', (event) => {
      if (event.button !== 0 || event.pointerType !== 'mouse' || this.#nodeOf(event)) return;
      from = { x: event.clientX + box.scrollLeft, y: event.clientY + box.scrollTop };
      box.setPointerCapture(event.pointerId);
    });
    box.addEventListener('pointermove', (event) => {
      if (from) box.scrollTo(from.x - event.clientX, from.y - event.clientY);
    });
    for (const type of ['pointerup', 'pointercancel']) {
      box.addEventListener(type, () => (from = undefined));
    }
  }
}

/**
 * @param {string} text
 * @param {number} width of the node
 * @param {keyof typeof LETTERS} line
 */
function cut(text, width, line) {
  const most = Math.floor((width - 24) / LETTERS[line]);
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
