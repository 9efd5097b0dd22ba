/**
 * The entry gradcam-wasm. Its functions work without the call below too, but then no worker helps
 * them.
 */

import { provideWorker } from './base/own-worker.js';
import { startBeside } from './base/worker-start.js';

export * from './index.js';

provideWorker(startBeside);
