/**
 * Names of ImageNet's classes, for networks that were trained on its 1,000 classes.
 * `loadModel(file, { labels: 'imagenet' })` loads this module when it needs the names.
 * @module gradcam-wasm/imagenet
 */

import list from '../../../build/generated/imagenet.js';

/**
 * The 1,000 names in the order of the classes, as in Keras. `names[281]` is "tabby". For a network
 * with 1,001 classes, whose first class is the background, give `['background', ...names]` as
 * labels.
 * @type {readonly string[]}
 */
export const names = list;
