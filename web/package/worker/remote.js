/// <reference lib="esnext.disposable" preserve="true" />

/** Models and runs that live in the worker, with the same properties and calls as there. */

import { isDrawable, readDrawable } from '../pictures/image.js';
import { ModelInfo } from '../model/model-info.js';
import { findRangeProblem } from '../pictures/preprocessing.js';
import { decodePredictions } from '../model/run.js';

/** @import { Explanation } from '../model/explanation.js' */
/** @import { ModelDescription } from '../model/model-info.js' */
/** @import { RunOptions } from '../model/model.js' */
/** @import { ExplainOptions, Run } from '../model/run.js' */
/** @import { Picture } from '../pictures/image.js' */
/** @import { Tensor } from '../pictures/tensor.js' */
/** @import { Client, Lease } from './client.js' */

/** A model in the worker. */
export class RemoteModel extends ModelInfo {
  #client;
  #lease;

  /**
   * @param {Client} client
   * @param {Lease} lease
   * @param {ModelDescription} description
   */
  constructor(client, lease, description) {
    super(description);
    this.#client = client;
    this.#lease = lease;
  }

  /**
   * Runs the network on a picture.
   * @param {Picture | Tensor} image
   * @param {RunOptions} [options]
   * @returns {Promise<RemoteRun>}
   */
  async run(image, { signal, image: drawn, interpolation } = {}) {
    const key = this.#client.newKey();
    const result = await this.#client.call({
      method: 'run',
      args: {
        key: this.#lease.key,
        runKey: key,
        image: await toSendable(image),
        options: { interpolation, image: drawn && (await toSendable(drawn)) },
      },
      lease: this.#lease,
      signal,
    });
    return new RemoteRun(this, this.#client, this.#lease, key, result);
  }

  /** Gives back the model's memory in the worker. May be called again. */
  dispose() {
    this.#client.release(this.#lease);
  }

  /** For `using model = await loadModel(...)`. */
  [Symbol.dispose]() {
    this.dispose();
  }
}

/** A run in the worker. */
export class RemoteRun {
  #model;
  #client;
  #lease;
  #key;

  /**
   * @param {RemoteModel} model
   * @param {Client} client
   * @param {Lease} lease of the model
   * @param {number} key
   * @param {Pick<Run, 'input' | 'picture' | 'predictions' | 'logits'>} result
   */
  constructor(model, client, lease, key, { input, picture, predictions, logits }) {
    this.#model = model;
    this.#client = client;
    this.#lease = lease;
    this.#key = key;
    /** The network's input, [height][width][channels]. */
    this.input = input;
    /** The picture that heat maps are drawn on. */
    this.picture = picture;
    /** Scores, one a class, as the model gives them. */
    this.predictions = predictions;
    /** The values before the last softmax or sigmoid. */
    this.logits = logits;
  }

  /** What looks wrong with the range of the input's values, a sentence; null if nothing does. */
  get inputWarning() {
    return findRangeProblem(this.input, this.#model.preprocessing, this.#model.layers);
  }

  /**
   * The classes with the highest scores, the highest first.
   * @param {{ top?: number }} [options] how many; default 5
   */
  decodePredictions({ top = 5 } = {}) {
    return decodePredictions(this.predictions, this.#model.labels, top);
  }

  /**
   * Explains classes at layers by Grad-CAM.
   * @param {ExplainOptions} [options]
   * @returns {Promise<Explanation>}
   */
  async explain({ targets, layer, logits, signal } = {}) {
    const explanation = await this.#client.call({
      method: 'explain',
      args: {
        key: this.#lease.key,
        runKey: this.#key,
        input: this.input,
        options: { targets, layer, logits },
      },
      lease: this.#lease,
      signal,
    });
    return { ...explanation, image: this.picture };
  }
}

/**
 * A picture as it can be sent to the worker: elements and canvases cannot.
 * @param {Picture | Tensor} picture
 * @returns {Promise<Picture | Tensor>}
 */
export async function toSendable(picture) {
  const { ImageBitmap, VideoFrame } = globalThis;
  const isSendable = [ImageBitmap, VideoFrame].some((kind) => kind && picture instanceof kind);
  return isDrawable(picture) && !isSendable ? readDrawable(picture) : picture;
}
