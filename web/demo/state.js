/** The page's state as one plain object, and as the text behind # in the address. */

import { firstModel, models, samples } from './catalog.js';
import { hasColormap } from './look.js';

/** @import { Crop, Filter, Preprocessing } from 'gradcam-wasm' */
/** @import { Way } from './explainer.js' */
/** @import { ModelChoice } from './models.js' */
/** @import { PictureChoice } from './picture.js' */

/**
 * @typedef {object} PaneState
 * @property {number} key which no other pane has
 * @property {ModelChoice} [model]
 * @property {number} [target] default: the top class
 * @property {number} [versus] a class that the target is set against, B of A | B
 * @property {string} [layer] default: the package's default layer
 * @property {Way} [method] default: Grad-CAM
 */

/**
 * @typedef {object} PageState
 * @property {PaneState[]} panes one or more
 * @property {number} active the pane whose classes and layers are listed
 * @property {PictureChoice} [picture]
 * @property {Crop} [crop] default: the model's
 * @property {Filter} interpolation
 * @property {boolean} logits
 * @property {string} colormap
 * @property {number} alphaLimit
 * @property {boolean} heat whether the heat map is drawn
 * @property {boolean} oneScale whether the maps of all panes share a scale
 * @property {boolean} difference whether a further pane has the difference of two
 * @property {number} split percent of the picture that stays plain
 * @property {View} [inspect] how the inspector shows the layers (default: it is closed)
 * @property {string} [at] what is chosen there (default: the model)
 */

/** @typedef {'table' | 'graph'} View */

/** @type {PageState} */
export const firstState = {
  panes: [{ key: 0, model: firstModel }],
  active: 0,
  picture: samples[0],
  interpolation: 'nearest',
  logits: false,
  colormap: 'viridis',
  alphaLimit: 0.65,
  heat: true,
  oneScale: false,
  difference: false,
  split: 0,
};

/** The method with which a pane opens. */
export const firstMethod = 'gradCam';

/** The most panes. */
export const MOST_PANES = 4;

/**
 * Gives what a user opened a key, by which the address names it. Keys are random, because the
 * addresses of an earlier visit must not name files of this one.
 */
class Registry {
  /** @type {Map<string, ModelChoice | PictureChoice>} */
  #choices = new Map();
  /** @type {WeakMap<object, string>} by the files of a choice */
  #keys = new WeakMap();

  /** @param {ModelChoice | PictureChoice} choice */
  key(choice) {
    const files = filesOf(choice);
    const known = this.#keys.get(files);
    if (known) return known;
    const key = `own-${randomText()}`;
    this.register(key, choice);
    return key;
  }

  /**
   * @param {string} key
   * @param {ModelChoice | PictureChoice} choice
   */
  register(key, choice) {
    this.#choices.set(key, choice);
    this.#keys.set(filesOf(choice), key);
  }

  /** @param {string} key */
  find(key) {
    return this.#choices.get(key);
  }

  get all() {
    return [...this.#choices];
  }
}

/**
 * The object that stands for the files of a choice. A model keeps it when its settings change.
 * @param {ModelChoice | PictureChoice} choice
 * @returns {object}
 */
function filesOf(choice) {
  if ('labels' in choice && choice.labels) return choice.labels;
  return typeof choice.source === 'object' ? choice.source : choice;
}

function randomText() {
  const numbers = crypto.getRandomValues(new Uint32Array(2));
  return Array.from(numbers, (number) => number.toString(36).padStart(7, '0')).join('');
}

/** The pictures and models that the user opened. */
export const own = new Registry();

/** @type {Map<string, ModelChoice>} models of the page with other settings */
const changed = new Map();

/**
 * @param {ModelChoice} model
 * @returns {string} `id`, or `id;pixels=tf;size=160x160;head=1`
 */
function modelKey(model) {
  const { id, name, source, preprocessing, inputSize, head, labels } = model;
  const settings = [
    ...(typeof preprocessing === 'string' ? [`pixels=${preprocessing}`] : []),
    ...(inputSize ? [`size=${inputSize.join('x')}`] : []),
    ...(head !== undefined ? [`head=${encodeURIComponent(head)}`] : []),
  ];
  const isChanged = settings.length > 0;
  const isOwn = id === undefined || labels;
  const opened = isChanged ? { id, name, source, labels } : model;
  const key = [isOwn ? own.key(opened) : id, ...settings].join(';');
  if (isChanged && !changed.has(key)) changed.set(key, model);
  return key;
}

/**
 * @param {string} key
 * @returns {ModelChoice | undefined}
 */
function findModel(key) {
  const known = changed.get(key);
  if (known) return known;
  const [id, ...settings] = key.split(';');
  const opened = /** @type {ModelChoice | undefined} */ (own.find(id));
  const model = models.find((model) => model.id === id) ?? opened;
  if (!model || settings.length === 0) return model;
  const given = new URLSearchParams(settings.join('&'));
  const size = /^(\d+)x(\d+)$/.exec(given.get('size') ?? '');
  const made = {
    ...model,
    ...(given.has('pixels') && {
      preprocessing: /** @type {Preprocessing} */ (given.get('pixels')),
    }),
    ...(size && {
      inputSize: /** @type {[number, number]} */ ([Number(size[1]), Number(size[2])]),
    }),
    ...(given.has('head') && { head: nameOrIndex(given.get('head') ?? '') }),
  };
  changed.set(key, made);
  return made;
}

/** @param {string} text */
const nameOrIndex = (text) => (/^\d+$/.test(text) ? Number(text) : text);

/** Separates the parts of a further pane. */
const BAR = '|';

/**
 * The state as text. What is as at first is left out.
 * @param {PageState} state
 */
export function encode(state) {
  const text = new URLSearchParams();
  const [first, ...others] = state.panes;
  if (first.model && first.model !== firstModel) text.set('model', modelKey(first.model));
  const { picture } = state;
  if (picture && picture !== samples[0]) text.set('pic', picture.id ?? own.key(picture));
  if (first.target !== undefined) text.set('class', String(first.target));
  if (first.versus !== undefined) text.set('versus', String(first.versus));
  if (first.layer !== undefined) text.set('layer', first.layer);
  if (isOwnMethod(first)) text.set('method', String(first.method));
  for (const pane of others) {
    if (!pane.model) continue;
    text.append('with', [modelKey(pane.model), aim(pane), pane.layer ?? ''].join(BAR));
  }
  if (state.active > 0) text.set('active', String(state.active));
  if (state.crop) text.set('crop', state.crop);
  if (state.interpolation !== firstState.interpolation) text.set('resizing', state.interpolation);
  if (state.logits) text.set('logit', '1');
  if (state.colormap !== firstState.colormap) text.set('colors', state.colormap);
  const percent = Math.round(100 * state.alphaLimit);
  if (percent !== 65) text.set('opacity', String(percent));
  if (!state.heat) text.set('heat', '0');
  if (state.oneScale) text.set('scale', 'one');
  if (state.difference) text.set('difference', '1');
  if (state.split > 0) text.set('split', String(Math.round(state.split)));
  if (state.inspect) text.set('inspect', state.inspect);
  if (state.inspect && state.at) text.set('at', state.at);
  return text.toString();
}

/** @param {PaneState} pane */
function isOwnMethod({ method }) {
  return method !== undefined && method !== firstMethod;
}

/**
 * What a further pane explains, `class~versus~method`. The end is left out where it says nothing.
 * @param {PaneState} pane
 */
function aim(pane) {
  const { target, versus, method } = pane;
  const parts = [target ?? '', versus ?? '', isOwnMethod(pane) ? method : ''];
  return parts.join('~').replace(/~+$/, '');
}

/**
 * @param {string} hash the text of an address behind #
 * @param {readonly string[]} methods that the package knows
 * @returns {{ state: PageState, missing: string[] }} `missing` has the ids that name nothing
 */
export function decode(hash, methods) {
  const text = new URLSearchParams(hash);
  /** @type {string[]} */
  const missing = [];
  /**
   * @template Choice
   * @param {string | null} key
   * @param {(key: string) => Choice | undefined} find
   * @param {Choice} usual
   */
  const named = (key, find, usual) => {
    const found = key === null ? usual : find(key);
    if (!found && key !== null) missing.push(key);
    return found ?? usual;
  };
  const first = {
    key: 0,
    model: named(text.get('model'), findModel, firstModel),
    target: wholeNumber(text.get('class')),
    versus: wholeNumber(text.get('versus')),
    layer: text.get('layer') ?? undefined,
    method: methodOf(text.get('method'), methods),
  };
  const others = text.getAll('with').map((pane, i) => {
    const [key, aim = '', ...layer] = pane.split(BAR);
    const [target, versus, method] = aim.split('~');
    const model = named(key, findModel, firstModel);
    const place = { target: wholeNumber(target), layer: layer.join(BAR) || undefined };
    const how = { versus: wholeNumber(versus), method: methodOf(method, methods) };
    return { key: i + 1, model, ...place, ...how };
  });
  const panes = [first, ...others].slice(0, MOST_PANES);
  const picture = named(text.get('pic'), findPicture, samples[0]);
  return { state: { ...firstState, ...settings(text), panes, picture }, missing };
}

/**
 * @param {string | null | undefined} name
 * @param {readonly string[]} methods
 * @returns {Way | undefined}
 */
function methodOf(name, methods) {
  return methods.includes(name ?? '') ? /** @type {Way} */ (name) : undefined;
}

/**
 * @param {string} key
 * @returns {PictureChoice | undefined}
 */
function findPicture(key) {
  const opened = /** @type {PictureChoice | undefined} */ (own.find(key));
  return samples.find(({ id }) => id === key) ?? opened;
}

/**
 * @param {URLSearchParams} text
 * @returns {Partial<PageState>}
 */
function settings(text) {
  const colormap = text.get('colors') ?? '';
  const crop = text.get('crop');
  const resizing = text.get('resizing');
  const filters = ['nearest', 'box', 'bilinear', 'hamming', 'bicubic', 'lanczos'];
  const opacity = wholeNumber(text.get('opacity'));
  const inspect = text.get('inspect');
  return {
    ...(hasColormap(colormap) && { colormap }),
    ...((crop === 'center' || crop === 'stretch') && { crop }),
    ...(filters.includes(resizing ?? '') && { interpolation: /** @type {Filter} */ (resizing) }),
    ...(opacity !== undefined && { alphaLimit: Math.min(100, opacity) / 100 }),
    ...((inspect === 'table' || inspect === 'graph') && {
      inspect,
      at: text.get('at') ?? undefined,
    }),
    logits: text.get('logit') === '1',
    heat: text.get('heat') !== '0',
    oneScale: text.get('scale') === 'one',
    difference: text.get('difference') === '1',
    split: Math.min(100, wholeNumber(text.get('split')) ?? 0),
    active: Math.min(text.getAll('with').length, wholeNumber(text.get('active')) ?? 0),
  };
}

/** @param {string | null | undefined} text */
function wholeNumber(text) {
  return /^\d+$/.test(text ?? '') ? Number(text) : undefined;
}

/** Milliseconds without a change after which the address is written. */
const QUIET = 300;

/** Keeps the state in the address. A browser allows few changes a second, so it waits for quiet. */
export class Address {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {PageState | undefined} */
  #waiting;
  /** When the waiting state was given, in milliseconds. */
  #since = 0;
  /** @type {PageState | undefined} */
  #written;

  /** @param {(hash: string) => void} onMove gets the text where the user goes back or forward */
  constructor(onMove) {
    addEventListener('popstate', () => {
      clearTimeout(this.#timer);
      this.#waiting = undefined;
      onMove(location.hash.slice(1));
    });
  }

  /** @param {PageState} state */
  write(state) {
    const now = performance.now();
    const waiting = this.#waiting;
    // An answer comes with the state of its question, which waits already.
    if (waiting && encode(waiting) === encode(state)) {
      this.#waiting = state;
      return;
    }
    // A busy page runs its timers late. Two questions are two steps back all the same.
    if (waiting && now - this.#since >= QUIET) this.flush();
    this.#waiting = state;
    this.#since = now;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), QUIET);
  }

  /** Writes now. */
  flush() {
    const state = this.#waiting;
    clearTimeout(this.#timer);
    this.#waiting = undefined;
    if (!state) return;
    const text = encode(state);
    const before = this.#written;
    this.#written = state;
    if (text === location.hash.slice(1)) return;
    const address = text ? `#${text}` : location.pathname;
    // A step back undoes a question, not a stroke of a slider.
    const isQuestion = before && isOtherQuestion(before, state);
    if (isQuestion) history.pushState(null, '', address);
    else history.replaceState(null, '', address);
  }

  /** @param {PageState} state that the address has already */
  accept(state) {
    this.#written = state;
  }
}

/**
 * @param {PageState} a
 * @param {PageState} b
 */
function isOtherQuestion(a, b) {
  const together = { oneScale: false, difference: false, active: 0 };
  const look = { colormap: '', alphaLimit: 0, heat: true, split: 0, at: undefined, ...together };
  const view = (/** @type {PageState} */ { inspect }) => inspect && /** @type {View} */ ('table');
  const text = (/** @type {PageState} */ state) =>
    encode({ ...state, ...look, inspect: view(state) });
  return text(a) !== text(b);
}
