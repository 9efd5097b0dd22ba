/** The words of the camera. */

import { sentence } from '../view/words.js';

export const title = 'Camera';
export const how = 'Each picture is explained in this tab, and none leaves it.';
export const freeze = 'Take this picture';
export const stop = 'Stop the camera';
export const start = 'Start the camera';
export const close = 'Close';
export const aClass = 'Class';
export const topClass = 'The top class';
export const aCamera = 'Camera';
export const noPicture = 'No picture yet';

export const asking = 'Your browser asks whether the page may use the camera.';
export const opening = 'The model is opening.';
export const stopped = 'The camera is off.';
export const gone = 'The camera is gone. Plug it in again, and start it.';
export const noModel = 'No model is open. Close this, and choose one.';
export const insecure =
  'The browser gives cameras to pages with an https address only, and to pages of this machine.';

/** What the errors of the browser mean, by their names. */
const REASONS = /** @type {Record<string, string>} */ ({
  NotAllowedError: 'The page may not use the camera. Allow it in the browser, then start again.',
  NotFoundError: 'The browser finds no camera. Plug one in, and start again.',
  NotReadableError: 'The camera does not start. Another program may be using it.',
  OverconstrainedError: 'That camera is not there any more. Start again with another.',
});

/** @param {unknown} error */
export function failure(error) {
  const { name = '', message = String(error) } = error instanceof Error ? error : {};
  return REASONS[name] ?? `The camera has stopped. ${sentence(message)}`;
}

/** @param {number} count maps in the last second */
export const rate = (count) => `${count} ${count === 1 ? 'map' : 'maps'} a second`;

/** @param {number} index */
export const camera = (index) => `Camera ${index + 1}`;

/** @param {Date} time */
export const pictureName = (time) =>
  `camera ${time.toISOString().slice(0, 19).replace('T', ' ').replaceAll(':', '.')}.png`;
