/** The metrics of maps, which are loaded when one is called first. */

export { deletionInsertion } from './deletion.js';
export { averageDrop, coherency, complexity } from './drop.js';
export { hideAndLook } from './hide.js';
export { profile } from './profile.js';
export { randomization } from './randomization.js';
export { stability } from './stability.js';
export { trust } from './trust.js';
