/** Maps of several layers put together, against torchcam and pytorch-grad-cam. */

import { fuseMaps } from '../../web/package/index.js';
import { Subject, chooseMap } from '../../web/package/metrics/subject.js';
import { factsOf, toleranceOf } from './methods-metrics.js';

/** @import { FuseMethod } from 'gradcam-wasm' */
/** @import { Facts } from '../../web/package/metrics/subject.js' */
/** @import { Verdict } from './common.js' */
/** @import { Opened } from './methods-metrics.js' */

/** Of each fusion, the method whose maps it takes. @type {Record<string, [string, FuseMethod]>} */
const FUSIONS = {
  layer_cam_max: ['layerCam', 'layerCam'],
  grad_cam_max: ['gradCam', 'max'],
  refine_layer_cam: ['layerCam', 'refine'],
  refine_grad_cam: ['gradCam', 'refine'],
  grad_cam_mean: ['gradCam', 'mean'],
  refine_grad_cam_pp_input: ['gradCamPlusPlus', 'refineInput'],
};

/** Six runs of other inputs, which are no maps of several layers. */
const ELSEWHERE = ['grad_cam_aug_smooth'];

/**
 * Checks the entries of `fusion`.
 * @param {Verdict} verdict
 * @param {Opened} opened
 * @param {any} golden
 * @param {any} spread
 */
export async function check(verdict, opened, golden, spread) {
  const facts = factsOf(opened, golden);
  for (const [i, entry] of golden.fusion.entries()) {
    if (ELSEWHERE.includes(entry.method)) continue;
    const what = `${entry.method} ${i} of class ${entry.target}`;
    const [method, how] = FUSIONS[entry.method] ?? [];
    if (!facts.network.methods.includes(method)) {
      verdict.notes.push(`${what}: the engine has no method ${method}`);
      continue;
    }
    const explanation = explain(facts, method, entry);
    const { data, width } = fuseMaps(explanation, { how });
    const error = errorOf(data, width, entry);
    const largest = Math.max(Math.abs(entry.min), Math.abs(entry.max));
    verdict.check(what, error, toleranceOf(opened, spread.fusion[i].values) * largest);
  }
}

/**
 * An explanation of one class at several layers, whose picture has the input's size.
 * @param {Facts} facts
 * @param {string} method
 * @param {{ target: number, kind: string, layers: string[] }} entry
 */
function explain(facts, method, { target, kind, layers }) {
  const subject = new Subject(facts, { target, logits: kind === 'logit' });
  const { height, width } = facts.input;
  const targets = layers.map((layer) => {
    const { raw, ...size } = subject.ownMap(chooseMap(facts, { method, layer }));
    const rawMax = raw.reduce((a, b) => Math.max(a, b));
    const data = raw.map((value) => Math.max(value, 0) / (Math.max(rawMax, 0) + 1e-7));
    return { target, layer, rawMax, heatmap: { ...size, data } };
  });
  return /** @type {any} */ ({ image: { height, width }, targets });
}

/**
 * The largest difference from the values that an entry has.
 * @param {Float32Array} data
 * @param {number} width
 * @param {{ shape: number[], values: number[], step?: number }} entry
 */
function errorOf(data, width, { shape: [rows, columns], values, step = 1 }) {
  if (data.length !== rows * columns || width !== columns) return Infinity;
  const half = Math.floor(step / 2);
  const perRow = Math.ceil((columns - half) / step);
  const ours = values.map((_, i) => {
    const y = half + Math.floor(i / perRow) * step;
    return data[y * columns + half + (i % perRow) * step];
  });
  return Math.max(...ours.map((value, i) => Math.abs(value - values[i])));
}
