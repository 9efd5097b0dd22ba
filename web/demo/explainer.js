/** Answers questions. A question names a picture, a model, a class and a layer. */

import { loadImage } from 'gradcam-wasm/worker';
import { attend } from './attend.js';
import { explain } from './explain.js';
import { isAttribution, isLong, isOfFamily } from './ways.js';
import { Lane } from './lane.js';
import { closeModel, openModel } from './models.js';
import { centreOf, readPicture } from './picture.js';
import { sideOf } from './signed.js';
import { firstMethod } from './state.js';
import { proof } from './texts.js';

/** @import { Picture, PictureChoice } from './picture.js' */
/** @import { AttributionMethod, Crop, Explanation, Filter, Method } from 'gradcam-wasm' */
/** @import { Shown, Step } from './explain.js' */
/** @import { Figure, FigureName, HideAndLook, Progress, TargetExplanation } from 'gradcam-wasm' */
/** @import { Model, Run } from 'gradcam-wasm/worker' */
/** @import { ModelChoice, Opened } from './models.js' */

/** How a class is explained. @typedef {Method | AttributionMethod} Way */

/**
 * @typedef {object} Question
 * @property {ModelChoice} model
 * @property {PictureChoice} picture
 * @property {number} [target] index of a class (default: the top class)
 * @property {number} [versus] index of a class that the target is set against
 * @property {string} [layer] name of a layer (default: the package's default layer)
 * @property {Crop} [crop] how the picture gets the input's shape (default: the model's)
 * @property {Filter} interpolation how the picture gets the input's size
 * @property {Way} method
 * @property {boolean} logits
 */

/**
 * What the page shows of a model. A saved answer has it without a model.
 * @typedef {Pick<Model, 'classCount' | 'crop' | 'head' | 'heads' | 'labels' | 'labelsReason'
 *   | 'layers' | 'preprocessing' | 'preprocessingReason'>} ModelFacts
 */

/**
 * What the page shows of a run.
 * @typedef {object} RunFacts
 * @property {{ width: number, height: number }} input
 * @property {Float32Array} scores
 * @property {Float32Array} logits
 * @property {string | null} inputWarning
 */

/**
 * Everything that the page shows at one time. All parts belong to the same picture.
 * @typedef {object} Answer
 * @property {Question} question
 * @property {boolean} saved whether it was made when the page was built
 * @property {ModelFacts} model
 * @property {Opened['sizeReason']} sizeReason where the size of the input is from
 * @property {Picture} picture
 * @property {RunFacts} run
 * @property {ImageData} seen the part of the picture that the network sees
 * @property {number} runTime milliseconds from the picture's file to the predictions
 * @property {Shown} explanation
 * @property {number} heatmapTime milliseconds of the explanation
 */

/**
 * What is made after the answer, while nothing else is asked.
 * @typedef {object} Extras
 * @property {TargetExplanation[]} classes the first classes of the list at the answer's layer
 * @property {TargetExplanation[]} layers the answer's class at all layers
 * @property {HideAndLook | null} proof the picture without its hottest part, and that part alone.
 *   null if the map is the same everywhere
 * @property {ImageData} input the picture as the network gets it
 */

/**
 * @typedef {object} Listener
 * @property {() => void} onStart work has begun, see `loading` and `busy`
 * @property {(progress: Progress) => void} onProgress a model is loading
 * @property {(picture: Picture) => void} onPicture a picture is there, its answer is not yet
 * @property {(step: Step, seen: ImageData, way: Way) => void} onStep a long explanation grows
 * @property {(answer: Answer) => void | Promise<void>} onAnswer the next work waits for it
 * @property {<Kind extends keyof Extras>(kind: Kind, extra: Extras[Kind], answer: Answer) => void}
 *   onExtra
 * @property {(error: unknown, failed: Partial<Question>) => void} onError the last answer stays
 *   valid, and the question is that of the last answer again
 * @property {() => void} onIdle the question is answered, or cannot be
 * @property {() => void} onRest all extras are there too
 */

/** The classes that get small maps. */
export const SMALL_MAPS = 6;
/** Extras wait until the user has asked nothing for so long, in milliseconds. */
const QUIET = 120;
/** The parts of a question on which a run and a map depend. */
const RUN = /** @type {const} */ (['crop', 'interpolation']);
const MAP = /** @type {const} */ (['target', 'versus', 'layer', 'method', 'logits']);

/**
 * @typedef {object} Ran
 * @property {Opened} opened
 * @property {Picture} picture
 * @property {Crop} [crop]
 * @property {Filter} interpolation
 * @property {Run} run
 * @property {ImageData} seen
 * @property {number} runTime
 */

/**
 * @typedef {object} Explained
 * @property {Ran} ran
 * @property {number} [target]
 * @property {number} [versus]
 * @property {string} [layer]
 * @property {Way} method
 * @property {boolean} logits
 * @property {Shown} explanation
 * @property {number} heatmapTime
 */

/**
 * Keeps one question, which changes, and answers it. Work is of four kinds, a model before a run
 * before a map before the extras. A model, a picture or a map of many runs that is wanted no more
 * is dropped at once. A run or another map is finished, because it takes a moment, and an abort
 * would cost the worker its models.
 */
export class Explainer {
  /** @type {Answer | undefined} */
  answer;
  /** @type {Partial<Question>} */
  #question = {};
  #listener;
  /** @type {Lane<ModelChoice, Opened>} */
  #models;
  /** @type {Lane<PictureChoice, Picture>} */
  #pictures;
  /** @type {Opened | undefined} the model of the last answer */
  #answering;
  /** @type {Ran | undefined} */
  #ran;
  /** @type {Explained | undefined} */
  #explained;
  /** @type {Partial<Record<keyof Extras, unknown>>} that from which each extra was made */
  #extras = {};
  /** @type {{ explained: Explained, maps: TargetExplanation[] } | undefined} */
  #layers;
  /** @type {{ question: Question, controller: AbortController } | undefined} a map of many runs */
  #long;
  #isWorking = false;
  #isIdle = true;
  #lastAsked = 0;
  #end = new AbortController();

  /** @param {Listener} listener */
  constructor(listener) {
    this.#listener = listener;
    this.#models = new Lane(
      (choice, signal) => openModel(choice, signal, (progress) => listener.onProgress(progress)),
      {
        onMade: (opened, before) => this.#onModel(opened, before),
        onFail: (error, model) => this.#fail(error, { model }),
        onLate: closeModel,
      },
    );
    this.#pictures = new Lane(readPicture, {
      onMade: (picture) => {
        listener.onPicture(picture);
        this.#go();
      },
      onFail: (error, picture) => this.#fail(error, { picture }),
    });
  }

  /** The model that is being loaded. */
  get loading() {
    return this.#models.running;
  }

  /** The question, which the answer may not have yet. */
  get question() {
    return this.#question;
  }

  /** @param {Partial<Question>} changes what differs from the last question */
  ask(changes) {
    this.#question = { ...this.#question, ...changes };
    this.#lastAsked = performance.now();
    this.#models.want(this.#question.model);
    this.#pictures.want(this.#question.picture);
    this.#dropLong();
    const explained = this.#fromLayers();
    if (explained) return void this.#publish(explained);
    this.#isIdle = false;
    this.#listener.onStart();
    this.#go();
  }

  /** Forgets what is not answered yet. */
  cancel() {
    this.#long?.controller.abort();
    this.#revert({ model: this.#models.running });
    this.#go();
  }

  /** Ends a map of many runs that the question does not ask for any more. */
  #dropLong() {
    const keys = /** @type {const} */ (['model', 'picture', ...RUN, ...MAP]);
    if (this.#long && differ(keys, this.#long.question, this.#question)) {
      this.#long.controller.abort();
    }
  }

  /**
   * Measures how far the map of an answer can be trusted.
   * @param {FigureName} name
   * @param {Answer} answer
   * @returns {Promise<Figure>}
   */
  async measure(name, answer) {
    const options = { figures: [name], steps: 10 };
    const [entry] = answer.explanation.targets;
    const label = answer.model.labels?.[Number(entry.target)] ?? entry.label;
    // Of a map with signs, the part that speaks for the class is measured.
    const measured = { ...entry, label, heatmap: sideOf(entry.heatmap) };
    const explanation = /** @type {Explanation} */ ({ ...answer.explanation, targets: [measured] });
    const { figures } = await this.study(answer, (run, signal) =>
      run.trust(explanation, { ...options, signal }),
    );
    return figures[0];
  }

  /**
   * Asks more of the run that gave an answer.
   * @template Result
   * @param {Answer} answer
   * @param {(run: Run, signal: AbortSignal) => Promise<Result>} work
   * @returns {Promise<Result>}
   */
  async study(answer, work) {
    const explained = this.#explained;
    if (!explained || answer !== this.answer) throw new Error(proof.old);
    const { signal } = this.#end;
    return attend((signal) => work(explained.ran.run, signal), { signal, patience: 60_000 });
  }

  /** Frees the model. */
  dispose() {
    this.#end.abort();
    this.#models.want(undefined);
    this.#pictures.want(undefined);
    if (this.#answering) closeModel(this.#answering);
    this.#answering = undefined;
  }

  /**
   * @param {Opened} opened
   * @param {Opened | undefined} before
   */
  #onModel(opened, before) {
    if (before && before !== this.#answering) closeModel(before);
    // The model of the answer was opened a second time.
    if (opened === this.#answering) closeModel(opened);
    this.#go();
  }

  /** Works until the question is answered and the extras are there. */
  async #go() {
    if (this.#isWorking) return;
    this.#isWorking = true;
    for (let work = this.#next(); work; work = this.#next()) await work();
    this.#isWorking = false;
  }

  /**
   * What is to be done next.
   * @returns {(() => Promise<void>) | undefined}
   */
  #next() {
    if (this.#end.signal.aborted) return undefined;
    const opened = this.#models.get(this.#question.model);
    const picture = this.#pictures.get(this.#question.picture);
    if (!opened || !picture) {
      if (!this.#models.running && !this.#pictures.running) this.#idle();
      return undefined;
    }
    const question = /** @type {Question} */ (this.#question);
    const ran = this.#ran;
    if (ran?.opened !== opened || ran.picture !== picture || differ(RUN, ran, question)) {
      return () => this.#try(() => this.#run(opened, picture, question));
    }
    const explained = this.#explained;
    if (explained?.ran !== ran || differ(MAP, explained, question)) {
      return () => this.#try(() => this.#explain(ran, question));
    }
    this.#idle();
    return this.#nextExtra(explained);
  }

  /** @param {Explained} explained */
  #nextExtra(explained) {
    const todo = extrasOf(explained).find(({ kind, from }) => !isSame(this.#extras[kind], from));
    if (!todo) {
      this.#listener.onRest();
      return undefined;
    }
    const quiet = performance.now() - this.#lastAsked;
    if (quiet < QUIET) {
      setTimeout(() => this.#go(), QUIET - quiet);
      return undefined;
    }
    const { kind, from } = todo;
    return async () => {
      this.#extras[kind] = from;
      try {
        await this.#makeExtra(kind, explained);
      } catch {
        // The answer is there without it. A dead worker is found by the next question.
      }
    };
  }

  /**
   * @param {keyof Extras} kind
   * @param {Explained} explained
   */
  async #makeExtra(kind, explained) {
    /** @type {Promise<unknown>} */
    const made = attend((signal) => /** @type {Promise<any>} */ (makers[kind](explained, signal)), {
      signal: this.#end.signal,
    });
    const extra = await made;
    if (this.#explained?.ran !== explained.ran || !this.answer) return;
    if (kind === 'layers') {
      this.#layers = { explained, maps: /** @type {TargetExplanation[]} */ (extra) };
    }
    this.#listener.onExtra(kind, /** @type {any} */ (extra), this.answer);
  }

  /** @param {() => Promise<void>} work */
  async #try(work) {
    const question = this.#question;
    try {
      await work();
    } catch (error) {
      // If the question has changed since, its answer is not missed.
      const isOld = differ(['model', 'picture', ...RUN, ...MAP], question, this.#question);
      if (!isOld && !this.#end.signal.aborted) this.#fail(error, this.#newIn(question));
    }
  }

  /**
   * The model and the picture, if the last answer has others.
   * @param {Partial<Question>} question
   */
  #newIn({ model, picture }) {
    const last = this.answer?.question;
    return {
      ...(model !== last?.model && { model }),
      ...(picture !== last?.picture && { picture }),
    };
  }

  /**
   * @param {Opened} opened
   * @param {Picture} picture
   * @param {Question} question
   */
  async #run(opened, picture, { crop, interpolation }) {
    const { model } = opened;
    const start = performance.now();
    const run = await attend(
      (signal) => model.run(picture.file, { crop: crop ?? model.crop, interpolation, signal }),
      this.#end,
    );
    const runTime = performance.now() - start;
    const isCut = (crop ?? model.crop) === 'center';
    const seen = isCut ? centreOf(picture.pixels, run.input) : picture.pixels;
    this.#ran = { opened, picture, crop, interpolation, run, seen, runTime };
  }

  /**
   * @param {Ran} ran
   * @param {Question} question
   */
  async #explain(ran, question) {
    const { target, versus, layer, method, logits } = question;
    const start = performance.now();
    const explanation = await this.#explanation(ran, question);
    const heatmapTime = performance.now() - start;
    // Maps of other classes and layers are shown on the way, those of another picture are not.
    const isSame = this.#pictures.get(this.#question.picture) === ran.picture;
    if (!isSame || this.#models.get(this.#question.model) !== ran.opened) return;
    await this.#publish({ ran, target, versus, layer, method, logits, explanation, heatmapTime });
  }

  /**
   * @param {Ran} ran
   * @param {Question} question
   * @returns {Promise<Shown>}
   */
  async #explanation(ran, question) {
    const { target = top(ran.run.scores), versus, layer, method, logits } = question;
    const controller = new AbortController();
    if (isLong(method)) this.#long = { question, controller };
    const work = (/** @type {AbortSignal} */ signal, /** @type {() => void} */ heard) => {
      const onStep = (/** @type {Step} */ step) => {
        heard();
        if (!controller.signal.aborted) this.#listener.onStep(step, ran.seen, method);
      };
      const asked = { target, versus, layer, method, logits, signal };
      return explain(ran.run, isLong(method) ? { ...asked, onStep } : asked);
    };
    const signal = AbortSignal.any([this.#end.signal, controller.signal]);
    try {
      return await attend(work, { signal, patience: 10_000 + 20 * ran.runTime });
    } finally {
      this.#long = undefined;
    }
  }

  /**
   * The map that the question asks for, if it is among the maps of all layers.
   * @returns {Explained | undefined}
   */
  #fromLayers() {
    const { explained, maps } = this.#layers ?? {};
    const question = /** @type {Question} */ (this.#question);
    if (!explained || !maps || explained.ran !== this.#ran) return undefined;
    const { opened, picture } = explained.ran;
    if (opened !== this.#models.get(question.model)) return undefined;
    if (picture !== this.#pictures.get(question.picture)) return undefined;
    if (differ(RUN, explained.ran, question)) return undefined;
    if (differ(['versus', 'method', 'logits'], explained, question)) return undefined;
    const found = maps.find(({ layer }) => layer === question.layer);
    const isTarget = (question.target ?? top(explained.ran.run.scores)) === found?.target;
    if (!found || !isTarget) return undefined;
    const explanation = { ...explained.explanation, targets: [found] };
    return { ...explained, target: question.target, layer: question.layer, explanation };
  }

  /** @param {Explained} explained */
  #publish(explained) {
    this.#explained = explained;
    const { ran, explanation, heatmapTime } = explained;
    const { opened, picture, run, seen, runTime } = ran;
    const before = this.#answering;
    this.#answering = opened;
    if (before && before !== opened) closeModel(before);
    this.answer = {
      // If the question has changed since, the next answer is on its way.
      question: { .../** @type {Question} */ (this.#question), ...pick(explained) },
      saved: false,
      model: opened.model,
      sizeReason: opened.sizeReason,
      picture,
      run,
      seen,
      runTime,
      explanation,
      heatmapTime,
    };
    const shown = this.#listener.onAnswer(this.answer);
    this.#go();
    return shown;
  }

  /**
   * @param {unknown} error
   * @param {Partial<Question>} failed
   */
  #fail(error, failed) {
    this.#revert(failed);
    this.#listener.onError(error, failed);
    this.#go();
  }

  /**
   * Goes back to the question of the last answer. A picture stays while a model fails.
   * @param {Partial<Question>} failed
   */
  #revert({ model, picture }) {
    const last = this.answer?.question;
    const asked = this.#question;
    const keepsPicture = model !== undefined || (!last && picture === undefined);
    this.#question = {
      ...(last ?? { ...asked, ...NOTHING_CHOSEN }),
      model: last || model ? last?.model : asked.model,
      picture: keepsPicture ? asked.picture : last?.picture,
    };
    if (this.#question.picture !== last?.picture) {
      Object.assign(this.#question, { target: undefined, versus: undefined });
    }
    this.#restore();
    this.#models.want(this.#question.model);
    this.#pictures.want(this.#question.picture);
  }

  /** Puts back the model of the last answer, where another was opened that cannot answer. */
  #restore() {
    const { model } = this.#question;
    if (!model || !this.#answering || this.#models.get(model)) return;
    const other = this.#models.restore(model, this.#answering);
    if (other && other !== this.#answering) closeModel(other);
  }

  #idle() {
    if (this.#isIdle) return;
    this.#isIdle = true;
    this.#listener.onIdle();
  }
}

/** What the page explains before a user has chosen anything. */
const NOTHING_CHOSEN = {
  target: undefined,
  versus: undefined,
  layer: undefined,
  method: /** @type {Way} */ (firstMethod),
};

/**
 * Whether two questions have different parts.
 * @template {string} Key
 * @param {readonly Key[]} keys
 * @param {{ [K in Key]?: unknown }} a
 * @param {{ [K in Key]?: unknown }} b
 */
function differ(keys, a, b) {
  return keys.some((key) => a[key] !== b[key]);
}

/**
 * The question that a map answers.
 * @param {Explained} explained
 */
function pick({ ran: { crop, interpolation }, target, versus, layer, method, logits }) {
  return { crop, interpolation, target, versus, layer, method, logits };
}

/**
 * Index of the class with the highest score.
 * @param {Float32Array} scores
 */
function top(scores) {
  return scores.reduce((best, score, i) => (score > scores[best] ? i : best), 0);
}

/**
 * The extras of an answer, with that on which they depend.
 * @param {Explained} explained
 * @returns {{ kind: keyof Extras, from: unknown[] }[]}
 */
function extrasOf({ ran, versus, method, logits, explanation }) {
  const [{ target, layer }] = explanation.targets;
  // Ways that take long, and those of the pixels, have no maps of all layers.
  const hasLayers = !isLong(method) && !isAttribution(method);
  return [
    { kind: 'classes', from: [ran, layer, method, logits] },
    { kind: 'proof', from: [ran, target, versus, layer, method, logits] },
    { kind: 'input', from: [ran] },
    ...(hasLayers
      ? [{ kind: /** @type {const} */ ('layers'), from: [ran, target, versus, method, logits] }]
      : []),
  ];
}

/**
 * @param {unknown} a
 * @param {unknown[]} b
 */
function isSame(a, b) {
  return Array.isArray(a) && a.every((value, i) => value === b[i]);
}

/** @type {{ [Kind in keyof Extras]: (explained: Explained, signal: AbortSignal) =>
 *   Promise<Extras[Kind]> }} */
const makers = {
  async classes({ ran, layer: chosen, method: way, logits, explanation }, signal) {
    const targets = ran.run.decodePredictions({ top: SMALL_MAPS }).map(({ index }) => index);
    const isQuick = isOfFamily(way);
    const method = isQuick ? way : firstMethod;
    const layer = isQuick ? explanation.targets[0].layer : chosen;
    return (await ran.run.explain({ targets, layer, method, logits, signal })).targets;
  },
  async proof({ ran, explanation }, signal) {
    const { target, heatmap } = explanation.targets[0];
    const isFlat = heatmap.data.every((value) => value === heatmap.data[0]);
    const options = { target, signal };
    // Of a map with signs, the part that speaks for the class is hidden.
    return isFlat ? null : ran.run.hideAndLook(sideOf(heatmap), options);
  },
  async input({ ran }, signal) {
    const { height, width } = ran.run.input;
    const { picture, seen, interpolation } = ran;
    const source = seen === picture.pixels ? picture.file : seen;
    return loadImage(source, { targetSize: [height, width], interpolation, signal });
  },
  async layers({ ran, versus, method, logits, explanation }, signal) {
    const target = Number(explanation.targets[0].target);
    const asked = { target, versus, layer: 'all', method, logits, signal };
    return (await explain(ran.run, asked)).targets;
  },
};
