/** Draws the picture with its heat map. While the user holds it down, the picture is plain. */

/** @import { Answer } from '../explainer.js' */

export class Stage {
  #canvas;
  #cell;
  /** @type {Answer | undefined} */
  #answer;
  #heat = true;
  #held = false;

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {HTMLElement} cell shows the value of the heat map under the pointer
   */
  constructor(canvas, cell) {
    this.#canvas = canvas;
    this.#cell = cell;
    canvas.addEventListener('pointerdown', (event) => this.#hold(event.button === 0));
    for (const type of /** @type {const} */ (['pointerup', 'pointercancel', 'pointerleave'])) {
      canvas.addEventListener(type, () => this.#hold(false));
    }
    canvas.addEventListener('pointermove', (event) => this.#readCell(event));
    canvas.addEventListener('pointerleave', () => (this.#cell.textContent = ''));
  }

  /**
   * @param {Answer} answer
   * @param {string} description for users who do not see the picture
   */
  show(answer, description) {
    this.#answer = answer;
    const { width, height } = answer.overlay;
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      Object.assign(this.#canvas, { width, height });
      this.#canvas.style.setProperty('--ratio', String(width / height));
    }
    this.#canvas.setAttribute('aria-label', description);
    this.#draw();
  }

  /** @param {boolean} heat whether the heat map lies over the picture */
  setHeat(heat) {
    this.#heat = heat;
    this.#draw();
  }

  /** @param {boolean} held */
  #hold(held) {
    if (this.#held === held) return;
    this.#held = held;
    this.#draw();
  }

  #draw() {
    if (!this.#answer) return;
    const { overlay, seen } = this.#answer;
    const heat = this.#heat && !this.#held;
    this.#canvas.getContext('2d')?.putImageData(heat ? overlay : seen, 0, 0);
  }

  /** @param {PointerEvent} event */
  #readCell({ offsetX, offsetY }) {
    if (!this.#answer) return;
    const { data, width, height } = this.#answer.explanation.targets[0].heatmap;
    const { clientWidth, clientHeight } = this.#canvas;
    const column = clamp(Math.floor((offsetX / clientWidth) * width), width);
    const row = clamp(Math.floor((offsetY / clientHeight) * height), height);
    const value = data[row * width + column].toFixed(3);
    this.#cell.textContent = `row ${row + 1}, column ${column + 1}: ${value}`;
  }
}

/**
 * @param {number} index
 * @param {number} count
 */
function clamp(index, count) {
  return Math.min(count - 1, Math.max(0, index));
}
