/**
 * The inspector. It stands beside the picture, lists the layers of the active pane's model as a
 * table or a graph, and tells what is known of the chosen one. The page loads it when it is opened.
 */

import './inspect.css';
import { lookOf } from '../look.js';
import { layerRows } from '../view/words.js';
import { findChannels, showChannels } from './channels.js';
import { layerDetails, modelDetails } from './details.js';
import { Facts } from './facts.js';
import { Graph } from './graph.js';
import { button, make } from './make.js';
import { Table } from './table.js';
import { channelTexts, detailTexts, words } from './texts.js';
import { around, buildTree, walk } from './tree.js';

/** @import { Model } from 'gradcam-wasm/worker' */
/** @import { Answer } from '../explainer.js' */
/** @import { PageState } from '../state.js' */
/** @import { Pane } from '../view/pane.js' */
/** @import { LayerInfo, TreeNode } from './tree.js' */

/** Milliseconds for which a layer must stay chosen before its channels are looked at. */
const QUIET = 150;

/** A model that is shown. @typedef {{ model: Answer['model'], layers: LayerInfo[], root: TreeNode,
 *   facts: Facts, open: Set<TreeNode>, graph: Graph }} Subject */

export class Inspector {
  element = make('section', { class: 'inspector', 'aria-labelledby': 'inspect-title' });
  #main;
  #listener;
  #search = make('input', { type: 'search', 'aria-label': words.find, placeholder: words.find });
  #count = make('span', { class: 'hint', role: 'status' });
  #views = /** @type {const} */ (['table', 'graph']).map((view) =>
    button(words[view], () => this.#listener.onChange({ inspect: view })),
  );
  #fold = button(words.unfold, () => this.#foldAll());
  #view = make('div', { class: 'inspect-box' });
  #details = make('div', {
    class: 'inspect-details',
    role: 'region',
    'aria-label': detailTexts.region,
    tabindex: 0,
  });
  #channels = make('div');
  #keys = make('p', { class: 'hint inspect-keys', id: 'inspect-keys' });
  #table;
  /** @type {Subject | undefined} */
  #subject;
  /** @type {PageState | undefined} */
  #state;
  /** @type {Pane | undefined} */
  #pane;
  /** @type {Answer | undefined} */
  #answer;
  /** @type {TreeNode[]} */
  #hits = [];
  /** @type {unknown[]} what the details show */
  #told = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {HTMLElement} main
   * @param {object} listener
   * @param {(changes: Partial<PageState>) => void} listener.onChange
   * @param {(layer: string) => void} listener.onLayer a layer's map is wanted
   */
  constructor(main, listener) {
    this.#main = main;
    this.#listener = listener;
    this.#table = new Table(this.#viewListener());
    const close = button(words.close, () => this.#close());
    const modes = make('div', { class: 'inspect-modes', role: 'group', 'aria-label': 'View' });
    modes.append(...this.#views);
    const title = make('h2', { id: 'inspect-title', text: words.title });
    const head = make('div', { class: 'inspect-head' }, title, modes, this.#fold);
    head.append(this.#search, this.#count, close);
    const body = make('div', { class: 'inspect-body' }, this.#view, this.#details);
    this.element.append(head, body, this.#keys);
    this.#search.addEventListener('input', () => this.#find(true));
    this.#search.addEventListener('keydown', (event) => this.#searchKey(event));
    addEventListener('keydown', (event) => this.#key(event));
  }

  /**
   * @param {PageState} state
   * @param {Pane} pane the active one
   */
  show(state, pane) {
    const wasOpen = this.element.isConnected;
    if (!state.inspect) return wasOpen ? this.#leave() : undefined;
    const { answer } = pane;
    const isOtherPane = this.#pane !== pane;
    const wasAt = this.#state;
    [this.#state, this.#pane, this.#answer] = [state, pane, answer];
    if (!wasOpen) {
      this.#main.classList.add('inspecting');
      this.#main.append(this.element);
    }
    this.#views.forEach((button, i) =>
      button.setAttribute('aria-pressed', String((i === 0 ? 'table' : 'graph') === state.inspect)),
    );
    this.#keys.textContent = words.keys[state.inspect];
    if (!answer || answer.saved) return this.#wait();
    const isOther = this.#subject?.model !== answer.model || isOtherPane;
    if (isOther) this.#open(answer);
    if (isOther || !wasOpen || wasAt?.inspect !== state.inspect) this.#draw();
    else if (wasAt?.at !== state.at) this.#select();
    this.#tell();
    if (!wasOpen) this.#focus();
  }

  /** The inspected model's view. */
  get #shownView() {
    return this.#state?.inspect === 'graph' ? this.#subject?.graph : this.#table;
  }

  /** The chosen node. An address may name one that the model does not have. */
  get #selected() {
    const { root } = /** @type {Subject} */ (this.#subject);
    const at = this.#state?.at ?? '';
    for (const node of walk(root)) if (node.id === at) return node;
    return root;
  }

  #wait() {
    this.#subject = undefined;
    this.#told = [];
    this.#view.replaceChildren(make('p', { class: 'hint', text: words.waiting }));
    this.#details.replaceChildren();
  }

  /** @param {Answer} answer */
  #open(answer) {
    const { layers, name } = /** @type {Model} */ (answer.model).description;
    const root = buildTree(layers, name);
    const open = new Set([root, ...root.children.filter(({ kind }) => kind === 'nested')]);
    const graph = new Graph(this.#viewListener(), layers);
    const facts = new Facts(layers);
    this.#subject = { model: answer.model, layers, root, facts, open, graph };
    this.#find(false);
    this.#measure(this.#subject, answer);
  }

  /**
   * @param {Subject} subject
   * @param {Answer} answer
   */
  async #measure(subject, answer) {
    const model = /** @type {Model} */ (answer.model);
    const pane = /** @type {Pane} */ (this.#pane);
    const profile = await pane.study(answer, () => model.profile()).catch(() => null);
    subject.facts.take(profile);
    if (subject !== this.#subject || !this.element.isConnected) return;
    if (this.#state?.inspect === 'table') this.#draw();
    this.#told = [];
    this.#tell();
  }

  #draw() {
    if (!this.#subject) return;
    const { root, facts, open } = this.#subject;
    const selected = this.#selected;
    for (const node of around(selected)) open.add(node);
    const view = /** @type {Table | Graph} */ (this.#shownView);
    if (this.#view.firstElementChild !== view.element) this.#view.replaceChildren(view.element);
    view.show({ root, facts, open, selected, hits: new Set(this.#hits) });
    const isFolded = [...walk(root)].some((node) => node.children.length > 0 && !open.has(node));
    this.#fold.textContent = isFolded ? words.unfold : words.fold;
  }

  /** Shows which node is chosen. */
  #select() {
    if (!this.#subject) return;
    const selected = this.#selected;
    const isHidden = around(selected).some((node) => !this.#subject?.open.has(node));
    if (isHidden) this.#draw();
    else this.#shownView?.select(selected);
  }

  #focus() {
    this.#shownView?.focus();
  }

  /** @param {TreeNode | undefined} node */
  #go(node) {
    if (node) this.#listener.onChange({ at: node.id === '' ? undefined : node.id });
  }

  /** @returns {import('./table.js').ViewListener} */
  #viewListener() {
    return {
      onSelect: (node) => this.#go(node),
      onFold: (node, isOpen) => {
        if (!this.#subject) return;
        const selected = this.#selected;
        if (isOpen) this.#subject.open.add(node);
        else this.#subject.open.delete(node);
        const isGraph = this.#state?.inspect === 'graph';
        // The graph shows what is in an open block in place of the block.
        if (isGraph && isOpen && selected === node) this.#go(node.children[0]);
        else if (!isOpen && around(selected).includes(node)) this.#go(node);
        this.#draw();
      },
    };
  }

  #foldAll() {
    if (!this.#subject) return;
    const { root, open } = this.#subject;
    const isUnfold = this.#fold.textContent === words.unfold;
    for (const node of walk(root)) if (node.children.length > 0 && isUnfold) open.add(node);
    if (!isUnfold) {
      const top = around(this.#selected).at(-2);
      open.clear();
      open.add(root);
      if (top) this.#go(top);
    }
    this.#draw();
  }

  /** @param {boolean} isNew whether the text was changed, so that the first hit is chosen */
  #find(isNew) {
    const text = this.#search.value.trim().toLowerCase();
    const nodes = this.#subject ? [...walk(this.#subject.root)] : [];
    this.#hits = nodes.filter((node) => text !== '' && node.id !== '' && this.#has(node, text));
    if (isNew) {
      this.#draw();
      this.#go(this.#hits[0]);
    }
    this.#showCount();
  }

  /**
   * @param {TreeNode} node
   * @param {string} text
   */
  #has({ name, layer }, text) {
    const type = layer === undefined ? '' : this.#subject?.layers[layer].type;
    return name.toLowerCase().includes(text) || type?.toLowerCase().includes(text);
  }

  #showCount() {
    const isEmpty = this.#search.value.trim() === '';
    const at = this.#subject ? this.#hits.indexOf(this.#selected) + 1 : 0;
    const count = this.#hits.length;
    this.#count.textContent = isEmpty ? '' : count > 0 ? words.hits(at, count) : words.nothing;
  }

  /** @param {1 | -1} way forward or back */
  #goOn(way) {
    const count = this.#hits.length;
    if (count === 0) return;
    const at = this.#hits.indexOf(this.#selected);
    this.#go(this.#hits[(Math.max(at, way < 0 ? 0 : -1) + way + count) % count]);
    this.#showCount();
  }

  /** @param {KeyboardEvent} event */
  #searchKey(event) {
    /** @type {Record<string, () => void>} */
    const keys = {
      Enter: () => this.#goOn(event.shiftKey ? -1 : 1),
      ArrowDown: () => this.#goOn(1),
      ArrowUp: () => this.#goOn(-1),
      Escape: () => {
        if (this.#search.value === '') return this.#close();
        this.#search.value = '';
        this.#find(false);
        this.#draw();
        this.#focus();
      },
    };
    if (!(event.key in keys)) return;
    event.preventDefault();
    event.stopPropagation();
    keys[event.key]();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (!this.element.isConnected || event.defaultPrevented) return;
    const { target } = event;
    const isIn = target instanceof Node && this.element.contains(target);
    if (event.key === 'f' && (event.ctrlKey || event.metaKey) && !event.altKey) {
      event.preventDefault();
      this.#search.focus();
      this.#search.select();
    } else if (event.key === 'Escape' && (isIn || target === document.body)) {
      // The key closes a panel before what is below it.
      if (!document.querySelector(':popover-open')) this.#close();
    }
  }

  #close() {
    this.#listener.onChange({ inspect: undefined, at: undefined });
    document.getElementById('inspect')?.focus();
  }

  #leave() {
    this.element.remove();
    this.#main.classList.remove('inspecting');
    this.#told = [];
    clearTimeout(this.#timer);
    this.#pane?.endInstead();
  }

  /** Tells what is known of the chosen node. */
  #tell() {
    const { answer, extras } = /** @type {Pane} */ (this.#pane);
    if (!answer || !this.#subject) return;
    const node = this.#selected;
    const { layers, facts } = this.#subject;
    this.#showCount();
    const told = node.kind === 'model' ? [node, answer, extras.input] : [node, answer];
    if (told.every((value, i) => value === this.#told[i])) return;
    const isOther = this.#told[0] !== node;
    if (isOther) this.#pane?.endInstead();
    this.#told = told;
    clearTimeout(this.#timer);
    this.#channels.replaceChildren();
    if (node.kind === 'model') {
      const parts = modelDetails({ node, answer, facts, input: extras.input });
      this.#details.replaceChildren(...parts);
    } else {
      const onGo = (/** @type {string} */ at) => this.#listener.onChange({ at });
      const parts = layerDetails({ node, layers, facts, onGo });
      this.#details.replaceChildren(...parts, ...this.#mapTools(node, answer), this.#channels);
    }
    if (isOther) this.#details.scrollTop = 0;
  }

  /**
   * What leads from a layer to its map.
   * @param {TreeNode} node
   * @param {Answer} answer
   */
  #mapTools(node, answer) {
    if (node.kind !== 'layer') return [];
    const hasMap = layerRows(answer.model).some(({ path }) => path === node.id);
    if (!hasMap) return [make('p', { class: 'hint', text: detailTexts.noMap })];
    this.#timer = setTimeout(() => this.#showChannels(node, answer), QUIET);
    const isExplained = answer.explanation.targets[0].layer === node.id;
    if (isExplained) return [make('p', { class: 'hint', text: detailTexts.explained })];
    return [button(detailTexts.explain, () => this.#listener.onLayer(node.id))];
  }

  /**
   * @param {TreeNode} node
   * @param {Answer} answer
   */
  async #showChannels(node, answer) {
    const pane = /** @type {Pane} */ (this.#pane);
    const isWanted = () => this.#told[0] === node && this.#told[1] === answer;
    const working = make('p', { class: 'hint', text: channelTexts.working });
    this.#channels.replaceChildren(working);
    this.#details.ariaBusy = 'true';
    try {
      const channels = await findChannels(pane, answer, node.id);
      if (!isWanted() || !pane.small || !this.#state) return;
      const look = lookOf(this.#state);
      const given = { channels, layer: node.name, answer, small: pane.small, look, pane };
      this.#channels.replaceChildren(...showChannels(given));
    } catch (error) {
      if (!isWanted()) return;
      working.textContent = error instanceof Error ? error.message : String(error);
    } finally {
      if (isWanted()) this.#details.ariaBusy = 'false';
    }
  }
}
