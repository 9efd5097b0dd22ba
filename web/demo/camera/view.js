/** The panel of the camera. */

import { button, made, makeDialog } from '../view/dialog.js';
import * as words from '../view/words.js';
import * as texts from './texts.js';

/** @import { Model } from 'gradcam-wasm/worker' */

/** A camera's answer changes all the time. Its words change less often, in milliseconds. */
const CALM = 250;

/**
 * @typedef {object} Listener
 * @property {() => void} onFreeze
 * @property {() => void} onSwitch the user starts or stops the camera
 * @property {() => void} onCamera the user chooses another camera
 * @property {() => void} onClose
 */

export class CameraView {
  /** The picture with what lies over it. */
  stage = made('div', 'camera-stage');
  #dialog = makeDialog('camera', texts).dialog;
  #canvas = document.createElement('canvas');
  #rate = made('span', 'chip camera-rate');
  #headline = document.createElement('strong');
  #where = document.createElement('span');
  #status = made('p', 'camera-status');
  #classes = document.createElement('select');
  #cameras = document.createElement('select');
  #freeze;
  #switch;
  /** @type {Model | undefined} whose classes are listed */
  #model;
  /** @type {ImageData | undefined} */
  #sheet;
  #nextWords = 0;

  /** @param {Listener} listener */
  constructor({ onFreeze, onSwitch, onCamera, onClose }) {
    this.#freeze = button(texts.freeze, onFreeze);
    this.#switch = button(texts.stop, onSwitch);
    this.#classes.ariaLabel = texts.aClass;
    this.#cameras.ariaLabel = texts.aCamera;
    this.#cameras.hidden = true;
    this.#cameras.addEventListener('change', onCamera);
    this.#canvas.setAttribute('role', 'img');
    this.#status.setAttribute('role', 'status');
    const legend = made('div', 'legend chip');
    const colors = Object.assign(document.createElement('canvas'), { width: 96, height: 8 });
    colors.ariaHidden = 'true';
    legend.append(made('span'), colors, made('span'));
    this.stage.append(this.#canvas, this.#rate, legend);
    const verdict = made('p', 'verdict');
    this.#headline.className = 'headline';
    verdict.append(this.#headline, this.#where);
    const tools = made('div', 'wide-tools');
    tools.append(this.#freeze, this.#switch, this.#classes, this.#cameras);
    const how = made('p', 'hint', texts.how);
    this.#dialog.append(this.stage, verdict, this.#status, tools, how);
    this.#dialog.addEventListener('close', onClose);
    this.isOn = false;
  }

  show() {
    this.#model = undefined;
    this.#dialog.showModal();
    this.#switch.focus();
  }

  close() {
    this.#dialog.close();
  }

  /** @param {boolean} isOn whether the camera runs, or starts */
  set isOn(isOn) {
    this.#switch.textContent = isOn ? texts.stop : texts.start;
    this.stage.classList.toggle('off', true);
    this.#freeze.disabled = true;
    this.#canvas.ariaLabel = texts.noPicture;
    this.#nextWords = 0;
    this.tell('', '', '');
    this.#nextWords = 0;
  }

  /** @param {string} text what happens, or what went wrong */
  say(text) {
    this.#status.textContent = text;
  }

  /**
   * The pixels that are drawn, of a picture's size.
   * @param {ImageData} picture
   */
  sheet({ width, height }) {
    if (this.#sheet?.width !== width || this.#sheet.height !== height) {
      this.#sheet = new ImageData(width, height);
      Object.assign(this.#canvas, { width, height });
    }
    return this.#sheet;
  }

  draw() {
    if (this.#sheet) this.#canvas.getContext('2d')?.putImageData(this.#sheet, 0, 0);
    this.stage.classList.remove('off');
    this.#freeze.disabled = false;
  }

  /**
   * @param {string} headline
   * @param {string} where
   * @param {string} rate
   */
  tell(headline, where, rate) {
    if (performance.now() < this.#nextWords) return;
    this.#nextWords = performance.now() + CALM;
    this.#headline.textContent = headline;
    this.#where.textContent = where;
    this.#rate.textContent = rate;
  }

  /** @param {string} text for users who do not see the picture */
  describe(text) {
    this.#canvas.ariaLabel = text;
    this.#status.replaceChildren(made('span', 'visually-hidden', text));
  }

  /** The class that is explained, undefined for the top class. */
  get target() {
    return this.#classes.value === '' ? undefined : Number(this.#classes.value);
  }

  /**
   * @param {Model} model
   * @param {number | undefined} target the class that is chosen
   */
  listClasses(model, target) {
    if (model === this.#model) return;
    this.#model = model;
    const rows = Array.from({ length: model.classCount }, (_, index) => ({
      index,
      name: words.className(model, index),
    }));
    rows.sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
    const options = rows.map(({ index, name }) => new Option(name, String(index)));
    this.#classes.replaceChildren(new Option(texts.topClass, ''), ...options);
    this.#classes.value = target === undefined ? '' : String(target);
  }

  /** The camera that the user has chosen. */
  get cameraId() {
    return this.#cameras.value || undefined;
  }

  /**
   * @param {MediaDeviceInfo[]} cameras
   * @param {string | undefined} id of the one that runs
   */
  listCameras(cameras, id) {
    const options = cameras.map(({ label, deviceId }, i) => {
      return new Option(label || texts.camera(i), deviceId);
    });
    this.#cameras.replaceChildren(...options);
    this.#cameras.value = id ?? '';
    this.#cameras.hidden = cameras.length < 2;
  }
}
