/** The worker that makes what is saved. The page stays free while large pictures are written. */

import { encodePng } from 'gradcam-wasm';
import { SETTINGS, carry } from './chunk.js';
import { drawCaptioned, drawPlain, drawSheet } from './draw.js';
import { toJson, toNpy } from './numbers.js';
import { toReport } from './report.js';
import { SOFTWARE } from './texts.js';

/** @import { Pixels } from './draw.js' */
/** @import { Job } from './job.js' */

/** The share of the work that is drawing. The rest is writing. */
const DRAWING = 0.4;

/** @param {number} share of the work that is done */
const say = (share) => postMessage({ share });

/** @type {{ [Kind in Job['kind']]: (job: Job) => Blob | Promise<Blob> }} */
const makers = {
  async captioned(job) {
    const bitmap = await decode(job);
    return toPng(job, drawCaptioned(job.snapshot.shown, bitmap, drawn));
  },
  async plain(job) {
    const bitmap = await decode(job);
    return toPng(job, drawPlain(job.snapshot.shown, bitmap, drawn));
  },
  sheet: (job) => toPng(job, drawSheet(job.panes)),
  json: ({ snapshot }) => new Blob([toJson(snapshot)], { type: 'application/json' }),
  npy: ({ snapshot }) => toNpy(snapshot.target.heatmap),
  report: ({ snapshot }) => toReport(snapshot, say),
};

/** @param {number} share */
const drawn = (share) => say(DRAWING * share);

/** @param {Job} job */
async function decode({ snapshot, pixels }) {
  return createImageBitmap(pixels ?? snapshot.shown.file);
}

/**
 * @param {Job} job
 * @param {Pixels} picture
 */
async function toPng({ snapshot, carried }, picture) {
  const { shown, settings, description } = snapshot;
  const png = await encodePng(picture, {
    text: {
      Title: shown.headline,
      Description: `${description} ${shown.facts}`,
      Software: SOFTWARE,
      [SETTINGS]: JSON.stringify(settings),
    },
    onProgress: ({ step, steps }) => say(DRAWING + ((1 - DRAWING) * step) / steps),
  });
  const bytes = /** @type {Uint8Array<ArrayBuffer>} */ (png);
  const file = carried ? await carry(bytes, shown.file) : bytes;
  return new Blob([file], { type: 'image/png' });
}

addEventListener('message', async ({ data: job }) => {
  try {
    postMessage({ blob: await makers[/** @type {Job} */ (job).kind](job) });
  } catch (error) {
    postMessage({ error: error instanceof Error ? error.message : String(error) });
  }
});
