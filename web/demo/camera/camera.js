/**
 * The camera with its heat map, drawn as fast as the network explains. Nothing runs while the panel
 * is closed or the tab is hidden.
 */

import './camera.css';
import { Beside } from '../beside.js';
import { lookOf } from '../look.js';
import { paint } from '../paint.js';
import { drawLegend } from '../view/legend.js';
import * as signedWords from '../view/signed-words.js';
import * as words from '../view/words.js';
import { Stream, listCameras } from './stream.js';
import * as texts from './texts.js';
import { CameraView } from './view.js';

/** @import { Answer } from '../explainer.js' */
/** @import { Page } from '../view/page.js' */

/** Milliseconds over which maps are counted. */
const SECOND = 1000;
/** Milliseconds between two classes that are read out. */
const PAUSE = 4000;

export class Camera {
  #page;
  #onPicture;
  /** @type {CameraView} */
  #view;
  /** @type {AbortController | undefined} ends what runs */
  #session;
  /** @type {Beside | undefined} */
  #beside;
  /** @type {Answer | undefined} what is shown */
  #answer;
  /** @type {number[]} when the last maps were drawn */
  #times = [];
  #read = { label: '', time: 0 };
  /** Whether it goes on when the tab is seen again. */
  #isPaused = false;

  /**
   * @param {Page} page
   * @param {(picture: File) => void} onPicture gets a picture that the user takes
   */
  constructor(page, onPicture) {
    this.#page = page;
    this.#onPicture = onPicture;
    this.#view = new CameraView({
      onFreeze: () => this.#freeze(),
      onSwitch: () => (this.#session ? this.#stop(texts.stopped) : this.#start()),
      onCamera: () => this.#start(),
      onClose: () => {
        this.#isPaused = false;
        this.#stop('');
      },
    });
    document.addEventListener('visibilitychange', () => this.#followTab());
  }

  /** Shows the panel and starts the camera. */
  open() {
    this.#view.show();
    this.#start();
  }

  #followTab() {
    if (document.hidden && this.#session) {
      this.#stop(texts.stopped);
      this.#isPaused = true;
    } else if (!document.hidden && this.#isPaused) {
      this.#isPaused = false;
      this.#start();
    }
  }

  /** @returns {Promise<void>} */
  async #start() {
    this.#stop('');
    if (!navigator.mediaDevices) return this.#view.say(texts.insecure);
    const session = new AbortController();
    const { signal } = session;
    this.#session = session;
    this.#view.isOn = true;
    this.#view.say(texts.asking);
    try {
      const stream = await Stream.open(this.#view.cameraId, signal);
      signal.addEventListener('abort', () => stream.close(), { once: true });
      await stream.play(() => this.#end(session, texts.gone));
      this.#view.listCameras(await listCameras(), stream.id);
      this.#view.say(texts.opening);
      const beside = await Beside.open(this.#page, signal);
      if (!beside) return this.#end(session, texts.noModel);
      if (signal.aborted) return beside.close();
      this.#beside = beside;
      this.#view.listClasses(beside.model, this.#page.state.panes[this.#page.state.active].target);
      await this.#run(stream, beside, signal);
    } catch (error) {
      this.#end(session, texts.failure(error));
    }
  }

  /**
   * @param {Stream} stream
   * @param {Beside} beside
   * @param {AbortSignal} signal
   */
  async #run(stream, beside, signal) {
    for (;;) {
      const pixels = await stream.next();
      if (signal.aborted) return;
      // The worker takes pixels as it takes files.
      const file = /** @type {any} */ (pixels);
      const answer = await beside.answer({ name: texts.title, file, pixels }, this.#view.target);
      if (signal.aborted) return;
      this.#show(answer);
    }
  }

  /** @param {Answer} answer */
  #show(answer) {
    const { heatmap } = answer.explanation.targets[0];
    const look = lookOf(this.#page.state);
    if (!this.#answer) {
      const isSigned = heatmap.colors !== undefined;
      const legend = { isSigned, words: signedWords.legendWords(isSigned) };
      drawLegend(this.#view.stage, legend, look);
      this.#view.say('');
    }
    this.#answer = answer;
    const { seen } = answer;
    paint(this.#view.sheet(seen), seen, heatmap, look);
    this.#view.draw();
    const where = signedWords.whereSentence(answer);
    this.#view.tell(words.headline(answer), where, texts.rate(this.#count()));
    this.#readOut(answer, where);
  }

  /** The maps of the last second. */
  #count() {
    const now = performance.now();
    this.#times = [...this.#times.filter((time) => now - time < SECOND), now];
    return this.#times.length;
  }

  /**
   * Describes the picture for users who do not see it. Not every change is read out.
   * @param {Answer} answer
   * @param {string} where
   */
  #readOut(answer, where) {
    const now = performance.now();
    const label = words.className(answer.model, words.targetOf(answer.explanation));
    if (label === this.#read.label || now - this.#read.time < PAUSE) return;
    this.#read = { label, time: now };
    this.#view.describe(`${words.headline(answer)}. ${where}`);
  }

  /**
   * Ends a session, unless it is over.
   * @param {AbortController} session
   * @param {string} text what the user reads
   */
  #end(session, text) {
    if (this.#session === session && !session.signal.aborted) this.#stop(text);
  }

  /** @param {string} text what the user reads */
  #stop(text) {
    this.#session?.abort();
    this.#session = undefined;
    this.#beside?.close();
    this.#beside = undefined;
    this.#answer = undefined;
    this.#times = [];
    this.#read = { label: '', time: 0 };
    this.#view.isOn = false;
    this.#view.say(text);
  }

  /** Gives the picture on the screen to the page, which opens it as any other. */
  async #freeze() {
    const { pixels } = this.#answer?.picture ?? {};
    if (!pixels) return;
    const canvas = new OffscreenCanvas(pixels.width, pixels.height);
    canvas.getContext('2d')?.putImageData(pixels, 0, 0);
    this.#view.close();
    const blob = await canvas.convertToBlob({ type: 'image/png' });
    const name = texts.pictureName(new Date());
    this.#onPicture(new File([blob], name, { type: 'image/png' }));
  }
}
