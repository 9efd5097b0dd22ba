/**
 * `<grad-cam model="model.keras" src="photo.jpg" controls>`, an element that shows where a
 * classifier looked. This module defines it.
 * @module gradcam-wasm/element
 */

import { GradCamElement } from './grad-cam.js';

/** @typedef {import('./grad-cam.js').ElementOptions} ElementOptions */
/** @typedef {import('./grad-cam.js').Answer} Answer */

export { GradCamElement };

// A server has no elements. A second copy of the package leaves the first one's element alone.
if ('customElements' in globalThis && !customElements.get('grad-cam')) {
  customElements.define('grad-cam', GradCamElement);
}
