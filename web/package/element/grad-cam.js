/** The element `<grad-cam>`. Its attributes are a question, and it draws the answer. */

import { areProbabilities, drawRamp, explain, firstClasses, runOn } from './answer.js';
import { borrow, textOf } from './models.js';
import { fetchPicture } from './pictures.js';
import { texts } from './texts.js';
import { View } from './view.js';

/** @import { Place } from '../pictures/places.js' */
/** @import { Explanation, LoadOptions, Model, ModelSource, Picture } from '../index.js' */
/** @import { Preprocessing, Progress, WasmOptions } from '../index.js' */
/** @import { Model as RemoteModel, Run } from '../worker/index.js' */
/** @import { Lease, Opened } from './models.js' */

/**
 * Options of loadModel() that no attribute has.
 * @typedef {LoadOptions & WasmOptions} ElementOptions
 */

/**
 * What an element shows. Functions of 'gradcam-wasm/worker' take the run and the explanation.
 * @typedef {object} Answer
 * @property {RemoteModel} model
 * @property {Run} run
 * @property {Explanation} explanation
 */

/** How far outside of the window an element begins to load, in CSS pixels. */
const MARGIN = '200px';

/** How many classes there are to choose from, unless the attribute says. */
const CLASSES = 5;

/** Whether the text of an attribute is a number. */
const isNumber = (/** @type {string} */ text) =>
  text.trim() !== '' && Number.isFinite(Number(text));

/** A server that renders the page has no elements, and must still be able to import this module. */
const Base = /** @type {typeof HTMLElement} */ (globalThis.HTMLElement ?? class {});

/**
 * A picture with the heat map of a class. Elements that show the same model load it once.
 * @example
 * const element = document.querySelector('grad-cam');
 * element.addEventListener('explain', ({ detail }) => console.log(detail.explanation.targets[0]));
 */
export class GradCamElement extends Base {
  static observedAttributes = [
    ...['model', 'src', 'alt', 'target', 'layer', 'method', 'logits', 'labels', 'preprocessing'],
    ...['colormap', 'opacity', 'classes', 'controls', 'loading'],
  ];

  /** The words of all elements. Change them before the first element is on the page. */
  static texts = texts;

  /** @type {View | undefined} */
  #view;
  /** @type {IntersectionObserver | undefined} */
  #observer;
  #isSeen = false;
  #isPlanned = false;
  /** Grows with every question, so that the answer to an earlier one is not drawn. */
  #turn = 0;
  /** @type {Exclude<ModelSource, string> | Model | RemoteModel | undefined} */
  #model;
  /** @type {Exclude<Picture, string> | undefined} */
  #src;
  /** @type {ElementOptions} */
  #options = {};
  /** @type {Lease | undefined} */
  #lease;
  /** @type {{ lease: Promise<Opened>, picture: unknown, made: Promise<Run> } | undefined} */
  #run;
  /** @type {{ key: string, made: Promise<ImageData> } | undefined} */
  #ramp;
  /** @type {number | undefined} the class that a user has chosen */
  #chosen;
  /** @type {{ blob: Blob, address: string } | undefined} */
  #shown;
  /** @type {Answer | null} */
  #answer = null;

  /** What the element shows, null before the first heat map. */
  get answer() {
    return this.#answer;
  }

  /**
   * The model: an address, or by script a file, its bytes or a model that is loaded already.
   * @type {ModelSource | Model | RemoteModel | null}
   */
  get model() {
    return this.#model ?? this.getAttribute('model');
  }

  set model(model) {
    if (model === this.model) return;
    const isObject = typeof model === 'object' && model !== null;
    this.#reflect('model', isObject ? null : model);
    this.#model = isObject ? model : undefined;
    this.#chosen = undefined;
    this.#plan();
  }

  /**
   * The picture: an address, or by script any other kind of picture.
   * @type {Picture | string | null}
   */
  get src() {
    return this.#src ?? this.getAttribute('src');
  }

  set src(src) {
    if (src === this.src) return;
    const isObject = typeof src === 'object' && src !== null;
    this.#reflect('src', isObject ? null : src);
    this.#src = isObject ? src : undefined;
    this.#chosen = undefined;
    this.#plan();
  }

  /**
   * Options of loadModel() that no attribute has.
   * @type {ElementOptions}
   */
  get options() {
    return this.#options;
  }

  set options(options) {
    const before = textOf(this.#options);
    this.#options = options ?? {};
    // React makes an equal object at each rendering.
    if (textOf(this.#options) !== before) this.#plan();
  }

  /**
   * What the picture shows, as of image elements.
   * @type {string}
   */
  get alt() {
    return this.getAttribute('alt') ?? this.#child?.alt ?? '';
  }

  set alt(alt) {
    this.#reflect('alt', alt);
  }

  /**
   * The class, by its label or index. The default is the class with the highest score.
   * @type {string | number | null}
   */
  get target() {
    return this.getAttribute('target');
  }

  set target(target) {
    this.#reflect('target', target);
  }

  /**
   * The layer, by its name or index.
   * @type {string | number | null}
   */
  get layer() {
    return this.getAttribute('layer');
  }

  set layer(layer) {
    this.#reflect('layer', layer);
  }

  /**
   * The method, one of methods().
   * @type {string | null}
   */
  get method() {
    return this.getAttribute('method');
  }

  set method(method) {
    this.#reflect('method', method);
  }

  /**
   * Whether the logit is explained instead of the score.
   * @type {boolean}
   */
  get logits() {
    return this.hasAttribute('logits');
  }

  set logits(logits) {
    this.#reflect('logits', Boolean(logits));
  }

  /**
   * The names of the classes, with commas between them, or "imagenet".
   * @type {string | null}
   */
  get labels() {
    return this.getAttribute('labels');
  }

  set labels(labels) {
    this.#reflect('labels', labels);
  }

  /**
   * How pixels become the input, a name as of loadModel().
   * @type {string | null}
   */
  get preprocessing() {
    return this.getAttribute('preprocessing');
  }

  set preprocessing(preprocessing) {
    this.#reflect('preprocessing', preprocessing);
  }

  /**
   * The colour map, one of colormaps().
   * @type {string | null}
   */
  get colormap() {
    return this.getAttribute('colormap');
  }

  set colormap(colormap) {
    this.#reflect('colormap', colormap);
  }

  /**
   * The overlay's highest opacity, 0 to 1.
   * @type {string | number | null}
   */
  get opacity() {
    return this.getAttribute('opacity');
  }

  set opacity(opacity) {
    this.#reflect('opacity', opacity);
  }

  /**
   * How many classes there are to choose from.
   * @type {string | number | null}
   */
  get classes() {
    return this.getAttribute('classes');
  }

  set classes(classes) {
    this.#reflect('classes', classes);
  }

  /**
   * Whether users can choose a class and slide the heat map away.
   * @type {boolean}
   */
  get controls() {
    return this.hasAttribute('controls');
  }

  set controls(controls) {
    this.#reflect('controls', Boolean(controls));
  }

  /**
   * "eager" loads at once. Otherwise the element waits until it is nearly in view.
   * @type {string | null}
   */
  get loading() {
    return this.getAttribute('loading');
  }

  set loading(loading) {
    this.#reflect('loading', loading);
  }

  connectedCallback() {
    this.#view ??= this.#createView();
    this.#takeEarlyProperties();
    const isEager = this.loading === 'eager' || !('IntersectionObserver' in globalThis);
    if (isEager || this.#isSeen) this.#see();
    else this.#watch();
    this.#showPicture();
  }

  disconnectedCallback() {
    this.#turn++;
    this.#observer?.disconnect();
    this.#lease?.release();
    this.#lease = undefined;
    this.#forgetAddress();
  }

  /**
   * @param {string} name
   * @param {string | null} before
   * @param {string | null} after
   */
  attributeChangedCallback(name, before, after) {
    if (before === after) return;
    if (name === 'model' && after !== null) this.#model = undefined;
    if (name === 'src' && after !== null) this.#src = undefined;
    if (['model', 'src', 'target'].includes(name)) this.#chosen = undefined;
    if (name === 'loading' && after === 'eager') this.#isSeen = true;
    this.#plan();
  }

  #createView() {
    const view = new View(this.attachShadow({ mode: 'open' }), GradCamElement.texts, (index) => {
      this.#chosen = index;
      this.#plan();
    });
    view.slot.addEventListener('slotchange', () => this.#plan());
    return view;
  }

  /**
   * A framework may have set properties before this module was there. They hide the accessors.
   */
  #takeEarlyProperties() {
    const own = /** @type {Record<string, any>} */ (/** @type {unknown} */ (this));
    for (const name of ['options', ...GradCamElement.observedAttributes]) {
      if (!Object.hasOwn(this, name)) continue;
      const value = own[name];
      delete own[name];
      own[name] = value;
    }
  }

  #watch() {
    this.#observer = new IntersectionObserver(
      (entries) => entries.some(({ isIntersecting }) => isIntersecting) && this.#see(),
      { rootMargin: MARGIN },
    );
    this.#observer.observe(this);
  }

  #see() {
    this.#isSeen = true;
    this.#observer?.disconnect();
    this.#plan();
  }

  /**
   * @param {string} name
   * @param {string | number | boolean | null | undefined} value
   */
  #reflect(name, value) {
    if (value === null || value === undefined || value === false) this.removeAttribute(name);
    else this.setAttribute(name, value === true ? '' : String(value));
  }

  /** The image element that the page put into this one. */
  get #child() {
    return this.querySelector('img');
  }

  /** @returns {Picture | string | undefined} */
  get #picture() {
    const child = this.#child;
    return this.src ?? (child ? child.currentSrc || child.src || undefined : undefined);
  }

  #showPicture() {
    const picture = this.#picture;
    if (picture === this.#run?.picture) return;
    if (picture !== this.#shown?.blob) this.#forgetAddress();
    this.#view?.showPicture(this.#addressOf(picture), this.alt);
  }

  /** @param {unknown} picture */
  #addressOf(picture) {
    if (typeof picture === 'string') return new URL(picture, document.baseURI).href;
    if (!(picture instanceof Blob)) return undefined;
    this.#shown ??= { blob: picture, address: URL.createObjectURL(picture) };
    return this.#shown.address;
  }

  #forgetAddress() {
    if (this.#shown) URL.revokeObjectURL(this.#shown.address);
    this.#shown = undefined;
  }

  /** Several changes at once are one question. */
  #plan() {
    if (this.#isPlanned || !this.#view) return;
    this.#isPlanned = true;
    queueMicrotask(() => {
      this.#isPlanned = false;
      if (!this.isConnected) return;
      this.#showPicture();
      if (this.model === null || this.#picture === undefined) this.#rest();
      else if (this.#isSeen) this.#work();
    });
  }

  /** Without a model or a picture there is nothing to do. */
  #rest() {
    this.#turn++;
    const view = /** @type {View} */ (this.#view);
    view.hideHeat();
    view.say('');
    view.isBusy = false;
  }

  async #work() {
    const turn = ++this.#turn;
    const view = /** @type {View} */ (this.#view);
    const isOver = () => turn !== this.#turn;
    view.isBusy = true;
    try {
      const answer = await this.#find(view, isOver);
      if (answer) await this.#show(view, answer, isOver);
    } catch (error) {
      if (!isOver()) this.#fail(view, error);
    }
    if (!isOver()) view.isBusy = false;
  }

  /**
   * @param {View} view
   * @param {() => boolean} isOver whether there is a later question
   */
  async #find(view, isOver) {
    const lease = this.#open();
    if (!lease.isLoaded) view.say(GradCamElement.texts.loading);
    const opened = await lease.opened;
    if (isOver()) return undefined;
    if (!this.#runOf(lease)) view.say(GradCamElement.texts.working);
    const run = await this.#runOnPicture(lease, opened);
    if (isOver()) return undefined;
    const explanation = await explain(opened, run, {
      target: this.#chosen ?? this.target ?? undefined,
      layer: this.getAttribute('layer') ?? undefined,
      method: this.method ?? undefined,
      logits: this.logits,
    });
    return { opened, run, explanation };
  }

  /** The model that the attributes name. */
  #open() {
    const model = /** @type {ModelSource} */ (this.model);
    const onProgress = (/** @type {Progress} */ progress) => this.#progress(progress);
    const lease = borrow(model, this.#loadOptions(), onProgress);
    if (this.#lease?.key === lease.key && this.#lease.opened === lease.opened) {
      lease.release();
      return this.#lease;
    }
    this.#lease?.release();
    this.#lease = lease;
    return lease;
  }

  /** @returns {ElementOptions} */
  #loadOptions() {
    const { labels, preprocessing } = this;
    return {
      defaultLabels: 'imagenet',
      ...this.#options,
      ...(labels !== null && { labels: readLabels(labels) }),
      ...(preprocessing !== null && {
        preprocessing: /** @type {Preprocessing} */ (preprocessing),
      }),
    };
  }

  /**
   * The run of a model on the present picture, if there is one. A model that was freed and loaded
   * again is another one.
   * @param {Lease} lease
   */
  #runOf({ opened }) {
    const run = this.#run;
    return run?.lease === opened && run.picture === this.#picture ? run.made : undefined;
  }

  /**
   * @param {Lease} lease
   * @param {Opened} opened
   */
  #runOnPicture(lease, opened) {
    const known = this.#runOf(lease);
    if (known) return known;
    const picture = /** @type {Picture | string} */ (this.#picture);
    const made = (async () => {
      const isAddress = typeof picture === 'string';
      return runOn(opened, isAddress ? await fetchPicture(opened.front, picture) : picture);
    })();
    const run = { lease: lease.opened, picture, made };
    this.#run = run;
    made.catch(() => this.#run === run && (this.#run = undefined));
    return made;
  }

  /**
   * @param {View} view
   * @param {{ opened: Opened, run: Run, explanation: Explanation }} found
   * @param {() => boolean} isOver
   */
  async #show(view, { opened, run, explanation }, isOver) {
    const colormap = this.colormap ?? undefined;
    const { front, model } = opened;
    const alphaLimit = this.#number('opacity');
    const [overlay, ramp, { findPlace }] = await Promise.all([
      front.formatAsImage(explanation, { colormap, alphaLimit }),
      this.#drawRamp(opened, colormap),
      import('../pictures/places.js'), // not at the start, which brings in what it is bundled with
    ]);
    if (isOver()) return;
    view.showOverlay(explanation.image, overlay, this.alt);
    view.showLegend(ramp);
    this.#showWords(view, run, explanation, findPlace(explanation.targets[0].heatmap));
    this.#answer = { model, run, explanation };
    this.dispatchEvent(new CustomEvent('explain', { detail: this.#answer }));
  }

  /**
   * @param {Opened} opened
   * @param {string | undefined} colormap
   */
  #drawRamp({ front }, colormap) {
    const key = String(colormap);
    if (this.#ramp?.key !== key) this.#ramp = { key, made: drawRamp(front, colormap) };
    return this.#ramp.made;
  }

  /**
   * @param {View} view
   * @param {Run} run
   * @param {Explanation} explanation
   * @param {Place | undefined} place
   */
  #showWords(view, run, explanation, place) {
    const { texts } = GradCamElement;
    const likely = areProbabilities(run);
    const classes = firstClasses(run, explanation, this.#number('classes') ?? CLASSES);
    const choices = classes.map(({ index, label, score }) => {
      return { index, text: texts.named(label, texts.score(score, likely)) };
    });
    const [target] = explanation.targets;
    const index = Number(target.target);
    view.showControls(this.controls, choices, index);
    const score = texts.score(run.scores[index], likely);
    const note = run.inputWarning ?? target.diagnosis?.message;
    view.say(texts.caption(target, score, place), note);
  }

  /**
   * A number that an attribute holds. The package refuses a text that is none.
   * @param {string} name
   */
  #number(name) {
    const text = this.getAttribute(name);
    if (text === null) return undefined;
    return isNumber(text) ? Number(text) : /** @type {never} */ (text);
  }

  /** @param {Progress} progress */
  #progress(progress) {
    const { phase, loaded, total } = progress;
    this.#view?.showProgress(progress);
    const event = new ProgressEvent('progress', { lengthComputable: total > 0, loaded, total });
    this.dispatchEvent(Object.assign(event, { phase }));
  }

  /**
   * @param {View} view
   * @param {unknown} error
   */
  #fail(view, error) {
    const message = error instanceof Error ? error.message : String(error);
    view.fail(GradCamElement.texts.error(message));
    this.dispatchEvent(new ErrorEvent('error', { error, message }));
  }
}

/** @param {string} labels */
function readLabels(labels) {
  return labels === 'imagenet' ? labels : labels.split(',').map((label) => label.trim());
}
