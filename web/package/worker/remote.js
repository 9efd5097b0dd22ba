/// <reference lib="esnext.disposable" preserve="true" />

/** Models and runs that live in the worker. They have the same properties and methods as there. */

import { Attribution } from '../attribution/attribution.js';
import { typed } from '../base/boundary.js';
import { Own } from '../base/own.js';
import { resolveUrl } from '../base/url.js';
import { notFiniteSentence } from '../model/diagnosis.js';
import { drawSvg, isAddress, isDrawable, readDrawable } from '../pictures/image.js';
import { ModelInfo } from '../model/model-info.js';
import { findRangeProblem } from '../pictures/preprocessing.js';
import { decodePredictions } from '../model/run.js';

/** @import { AttributeOptions } from '../attribution/attribute.js' */
/** @import { Channels, ChannelsOptions } from '../model/channels.js' */
/** @import { DeletionInsertion, DeletionOptions } from '../metrics/deletion.js' */
/** @import { AverageDrop, CoherencyOptions, DropOptions } from '../metrics/drop.js' */
/** @import { HideAndLook, HideOptions } from '../metrics/hide.js' */
/** @import { Profile } from '../metrics/profile.js' */
/** @import { Randomization, RandomizationOptions } from '../metrics/randomization.js' */
/** @import { Stability, StabilityOptions } from '../metrics/stability.js' */
/** @import { Trust, TrustOptions } from '../metrics/trust.js' */
/** @import { Explanation, HeatMap } from '../model/explanation.js' */
/** @import { ModelDescription } from '../model/model-info.js' */
/** @import { RunOptions } from '../model/model.js' */
/** @import { ExplainOptions, Run } from '../model/run.js' */
/** @import { Picture, PictureSource } from '../pictures/image.js' */
/** @import { Tensor } from '../pictures/tensor.js' */
/** @import { Client } from './client.js' */
/** @import { Kept } from './kept.js' */

/** A model in the worker. */
export class RemoteModel extends ModelInfo {
  #client;
  #engine;
  #model;
  /** The place of the model's last run. The engine holds the activations of that run alone. */
  #runPlace;

  /**
   * @param {Client} client
   * @param {Kept} engine
   * @param {Kept} model
   * @param {ModelDescription} description
   */
  constructor(client, engine, model, description) {
    super(description);
    this.#client = client;
    this.#engine = engine;
    this.#model = model;
    this.#runPlace = client.newKey();
  }

  /**
   * Runs the network on a picture.
   * @param {PictureSource | Tensor} image
   * @param {RunOptions} [options]
   * @returns {Promise<RemoteRun>}
   */
  async run(image, options) {
    return typed('model.run', options, (given) => this.#run(image, given));
  }

  /**
   * @param {PictureSource | Tensor} image
   * @param {RunOptions} options
   */
  async #run(image, { signal, image: drawn = 'input', interpolation, crop, inputs }) {
    const kept = this.#model;
    const sent = await toSendable(image);
    /** @type {Kept} */
    const run = {
      place: this.#runPlace,
      version: this.#client.newKey(),
      method: 'run',
      args: {
        model: kept.place,
        image: sent,
        options: { interpolation, crop, inputs, image: await sendDrawn(drawn, image, sent) },
      },
      get isDisposed() {
        return kept.isDisposed;
      },
    };
    const needs = [this.#engine, kept, run];
    const result = await this.#client.call({ needs, signal });
    // The next run of the model takes the place of this one, which its input can make again.
    const { data, height, width, channels, further = [] } = result.input;
    const values = further.map((/** @type {Float32Array} */ given, /** @type {number} */ i) => [
      this.inputs[i].name,
      given,
    ]);
    run.args = {
      model: kept.place,
      image: { data, shape: [1, height, width, channels] },
      options: { inputs: Object.fromEntries(values) },
    };
    return new RemoteRun(this, this.#client, needs, result);
  }

  /**
   * Replaces the weights of the last layers by numbers without meaning, more and more of them, and
   * compares the maps before and after.
   * @param {PictureSource | Tensor} image
   * @param {RandomizationOptions & RunOptions} [options]
   * @returns {Promise<Randomization[]>} one a count
   */
  async randomization(image, options) {
    return typed(
      'model.randomization',
      options,
      async ({ signal, onProgress, image: drawn, ...given }) => {
        const sent = await toSendable(image);
        const isWatched = (onProgress ?? undefined) !== undefined;
        const args = { model: this.#model.place, image: sent, options: given, isWatched };
        const needs = [this.#engine, this.#model];
        return this.#client.call({ method: 'randomization', args, needs, signal, onProgress });
      },
    );
  }

  /**
   * What each layer takes, in values, multiply-adds, memory and time.
   * @returns {Promise<Profile>}
   */
  async profile() {
    const args = { model: this.#model.place };
    return this.#client.call({ method: 'profile', args, needs: [this.#engine, this.#model] });
  }

  /** Frees the model's memory in the worker. It may be called again. */
  dispose() {
    this.#model.isDisposed = true;
    this.#client.drop(this.#runPlace);
    this.#client.drop(this.#model.place);
  }

  /** For `using model = await loadModel(...)`. */
  [Symbol.dispose]() {
    this.dispose();
  }
}

/** A run in the worker. */
export class RemoteRun extends Own {
  #model;
  #client;
  #needs;
  #notFinite;
  /** @type {{ text: string | null } | undefined} */
  #inputWarning;

  /**
   * @param {RemoteModel} model
   * @param {Client} client
   * @param {Kept[]} needs what the worker must keep, with the run at the end
   * @param {Pick<Run, 'input' | 'picture' | 'predictions' | 'scores' | 'logits' | 'notFinite'>}
   *   result
   */
  constructor(model, client, needs, result) {
    super();
    const { input, picture, predictions, scores, logits, notFinite } = result;
    this.#notFinite = notFinite;
    this.#model = model;
    this.#client = client;
    this.#needs = needs;
    /** The network's input, [height][width][channels]. */
    this.input = input;
    /** The picture that heat maps are drawn on. */
    this.picture = picture;
    /** What the model gives, as Keras' predict(). */
    this.predictions = predictions;
    /** The scores of all classes, each the mean over positions where the model gives several. */
    this.scores = scores;
    /** The values of all classes before the last softmax or sigmoid. Without either, the scores. */
    this.logits = logits;
  }

  /** A sentence that says what looks wrong with the range of the input's values, or null. */
  get inputWarning() {
    this.#inputWarning ??= { text: this.#findInputWarning() };
    return this.#inputWarning.text;
  }

  #findInputWarning() {
    const { description } = this.#model;
    if (this.#notFinite) return notFiniteSentence(this.#notFinite);
    return findRangeProblem(this.input, description) ?? description.contradiction ?? null;
  }

  /**
   * The classes with the highest scores, ordered by score.
   * @param {{ top?: number }} [options] how many classes (default 5)
   */
  decodePredictions(options) {
    return typed('run.decodePredictions', options, ({ top = 5 }) =>
      decodePredictions(this.scores, this.#model.labels, top),
    );
  }

  /**
   * Explains classes at layers.
   * @param {ExplainOptions} [options]
   * @returns {Promise<Explanation>}
   */
  async explain(options) {
    return typed('run.explain', options, async (given) => {
      return { ...(await this.#call('explain', given)), image: this.picture };
    });
  }

  /**
   * The channels of a layer that speak most for a target, and most against it.
   * @param {ChannelsOptions & { signal?: AbortSignal }} [options]
   * @returns {Promise<Channels>}
   */
  async channels(options) {
    return typed('run.channels', options, (given) => this.#measure('channels', undefined, given));
  }

  /**
   * Attributes a score to the values of the input.
   * @param {AttributeOptions} [options]
   * @returns {Promise<Attribution>}
   */
  async attribute(options) {
    return typed('run.attribute', options, (given) => this.#attribute(given));
  }

  /** @param {AttributeOptions} options */
  async #attribute({ onProgress, baseline, fill, ...options }) {
    const watch = (/** @type {any} */ state) =>
      onProgress?.({ ...state, attribution: new Attribution(state.attribution) });
    const [sentBaseline, sentFill] = await Promise.all([baseline, fill].map(sendBaseline));
    const isWatched = (onProgress ?? undefined) !== undefined;
    const sent = { ...options, baseline: sentBaseline, fill: sentFill, isWatched };
    return new Attribution(await this.#call('attribute', { ...sent, onProgress: watch }));
  }

  /**
   * Takes the picture away and puts it back by the order of a heat map, and follows the score.
   * @param {HeatMap} heatmap
   * @param {DeletionOptions} [options]
   * @returns {Promise<DeletionInsertion>}
   */
  async deletionInsertion(heatmap, options) {
    return typed('run.deletionInsertion', options, async ({ baseline, ...given }) => {
      const sent = { ...given, baseline: await sendBaseline(baseline) };
      return this.#measure('deletionInsertion', heatmap, sent);
    });
  }

  /**
   * Multiplies the input by a heat map and compares the scores.
   * @param {HeatMap} heatmap
   * @param {DropOptions} [options]
   * @returns {Promise<AverageDrop>}
   */
  async averageDrop(heatmap, options) {
    return typed('run.averageDrop', options, (given) =>
      this.#measure('averageDrop', heatmap, given),
    );
  }

  /**
   * How much of the picture a heat map marks, from 0 to 1: its mean at the input's size.
   * @param {HeatMap} heatmap
   * @returns {Promise<number>}
   */
  async complexity(heatmap) {
    return typed(null, {}, () => this.#measure('complexity', heatmap));
  }

  /**
   * Multiplies the input by a heat map and compares the heat map with Grad-CAM's map of the
   * product. 1 is for equal maps, 0.5 for unrelated ones, 0 for opposite ones.
   * @param {HeatMap} heatmap
   * @param {CoherencyOptions} [options]
   * @returns {Promise<number>}
   */
  async coherency(heatmap, options) {
    return typed('run.coherency', options, (given) => this.#measure('coherency', heatmap, given));
  }

  /**
   * How much a map changes with noise in the input, and with weights that move by as much as
   * float32 rounds away.
   * @param {StabilityOptions} [options]
   * @returns {Promise<Stability>}
   */
  async stability(options) {
    return typed('run.stability', options, (given) => this.#measure('stability', undefined, given));
  }

  /**
   * Blurs the hottest part of the picture, and then all but this part.
   * @param {HeatMap} heatmap
   * @param {HideOptions} [options]
   * @returns {Promise<HideAndLook>}
   */
  async hideAndLook(heatmap, options) {
    return typed('run.hideAndLook', options, (given) =>
      this.#measure('hideAndLook', heatmap, given),
    );
  }

  /**
   * Measures how far an explanation of this run can be trusted.
   * @param {Explanation} explanation
   * @param {TrustOptions} [options]
   * @returns {Promise<Trust>}
   */
  async trust(explanation, options) {
    return typed('run.trust', options, (given) => {
      // The worker has the picture, and needs the maps alone.
      const { image, ...sent } = explanation;
      return this.#measure('trust', sent, given);
    });
  }

  /**
   * @param {string} name of a method of the run
   * @param {any} heatmap its first argument, undefined if it has none
   * @param {any} [options]
   */
  #measure(name, heatmap, { signal, onProgress, ...options } = {}) {
    const needs = this.#needs;
    const isWatched = (onProgress ?? undefined) !== undefined;
    const args = { run: needs[needs.length - 1].place, name, heatmap, options, isWatched };
    return this.#client.call({ method: 'measure', args, needs, signal, onProgress });
  }

  /**
   * @param {string} method of the run in the worker
   * @param {any} [options] of which a signal and a function cannot be sent
   */
  #call(method, { signal, onProgress, ...options } = {}) {
    const needs = this.#needs;
    const args = { run: needs[needs.length - 1].place, options };
    return this.#client.call({ method, args, needs, signal, onProgress });
  }
}

/**
 * A baseline in a form that can be sent. A name stays as it is.
 * @param {AttributeOptions['baseline']} baseline
 */
async function sendBaseline(baseline) {
  return typeof baseline === 'object' ? toSendable(baseline) : baseline;
}

/**
 * The picture to draw on. A picture that is also the input is drawn and sent once.
 * @param {PictureSource | 'input' | null} drawn
 * @param {unknown} image the input as the caller gave it
 * @param {PictureSource | Tensor} sent the input as it is sent
 */
function sendDrawn(drawn, image, sent) {
  if (drawn === 'input' || drawn === null) return 'input';
  return drawn === image ? sent : toSendable(drawn);
}

/**
 * A picture in a form that can be sent to the worker. Elements, canvases and SVG files become
 * pixels, because workers cannot draw them. An address becomes a whole one.
 * @template {PictureSource | Tensor} P
 * @param {P} picture
 * @returns {Promise<P | Picture | string>}
 */
export async function toSendable(picture) {
  if (isAddress(picture)) return resolveUrl(picture).href;
  const { ImageBitmap, VideoFrame } = globalThis;
  const isSendable = [ImageBitmap, VideoFrame].some((kind) => kind && picture instanceof kind);
  if (isDrawable(picture)) return isSendable ? picture : readDrawable(picture);
  return 'document' in globalThis ? ((await drawSvg(picture)) ?? picture) : picture;
}
