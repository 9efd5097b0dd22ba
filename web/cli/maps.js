/** Writes the files of maps. */

import { join } from 'node:path';
import { formatAsImage } from '../package/index.js';
import { toJson } from './report.js';
import { npyFile } from '../package/pictures/npy.js';
import { checkFree, csvFile, makeFolderOf, pngFile, writeOutput } from './write.js';
import { UsageError } from './usage-error.js';

/** @import { Attribution, Explanation, Run } from 'gradcam-wasm' */
/** @import { Messages } from './picture-run.js' */
/** @import { PictureFile } from './pictures.js' */
/** @import { Request } from './usage.js' */

/**
 * A map and how it was made.
 * @typedef {object} MadeMap
 * @property {string} name of its files, without what the picture is called
 * @property {() => Promise<Uint8Array>} png
 * @property {Float32Array} data neither cut nor scaled
 * @property {number[]} shape
 * @property {object} entry as --json prints it
 */

/** The files that --output-dir has by default. */
const DEFAULT_FORMATS = ['png', 'npy'];

/** @type {Record<string, (map: MadeMap, picture: string) => Promise<Uint8Array | string>>} */
const WRITERS = {
  png: async ({ png }) => png(),
  npy: async ({ data, shape }) => npyFile(data, shape),
  csv: async ({ data, shape }) => csvFile(data, shape),
  json: async ({ entry }, picture) => `${toJson({ picture, ...entry })}\n`,
};

/**
 * Refuses paths that are taken, before the work begins.
 * @param {Request} request
 * @param {PictureFile[]} pictures
 */
export async function checkOutputs({ output, npy, outputDir, force }, pictures) {
  const single = output ? '--output' : '--npy';
  if ((output || npy) && pictures.length > 1) {
    const text = `${single} takes one picture, not ${pictures.length}`;
    throw new UsageError(`${text}; --output-dir has the files of many`);
  }
  for (const path of [output, npy]) if (path && path !== '-') await checkFree(path, force);
  if (outputDir) await makeFolderOf(join(outputDir, 'file'));
}

/**
 * Writes what the options ask for.
 * @param {Request} request
 * @param {PictureFile} picture
 * @param {MadeMap[]} maps
 * @param {Messages} messages
 */
export async function saveMaps(request, picture, maps, { print, progress }) {
  const { output, npy, outputDir, force, formats } = request;
  const [first] = maps;
  if (output) progress(`drawing ${output}`);
  const save = (/** @type {string} */ path, /** @type {Uint8Array} */ bytes) =>
    path === '-' ? print(bytes) : writeOutput(path, bytes, force);
  if (output) await save(output, await first.png());
  if (npy) await save(npy, npyFile(first.data, first.shape));
  if (!outputDir) return;
  for (const map of maps) {
    const path = join(outputDir, `${picture.outName}-${map.name}`);
    await makeFolderOf(path);
    for (const format of formats.length > 0 ? formats : DEFAULT_FORMATS) {
      const bytes = await WRITERS[format](map, picture.path);
      await writeOutput(`${path}.${format}`, bytes, force);
    }
  }
}

/**
 * @param {Explanation} explanation
 * @param {Request} request
 * @param {object[]} entries as --json prints them
 * @returns {MadeMap[]}
 */
export function mapsOf(explanation, { colormap, alphaLimit }, entries) {
  return explanation.targets.map((target, index) => {
    const { heatmap, raw, label, layer, method, settings } = target;
    return {
      name: fileName([target.target, layer, method]),
      png: () => {
        const picture = formatAsImage(explanation, { index, colormap, alphaLimit });
        return pngFile(picture, `${label}, ${method} at ${layer}`, settings);
      },
      data: raw ?? heatmap.data,
      shape: [heatmap.height, heatmap.width],
      entry: entries[index],
    };
  });
}

/**
 * @param {Attribution} made
 * @param {Run} run
 * @param {Request} request
 * @param {object} entry as --json prints it
 * @returns {MadeMap}
 */
export function mapOf(made, { picture }, { colormap, alphaLimit }, entry) {
  const { target, label, method, title, settings, data, shape } = made;
  return {
    name: fileName([target, method]),
    png: () => {
      const drawing = { heatmap: made.toHeatmap(), image: picture };
      const drawn = formatAsImage(drawing, { colormap, alphaLimit });
      return pngFile(drawn, `${label}, ${title}`, settings);
    },
    ...{ data, shape, entry },
  };
}

/**
 * The name of a map's files, which says the class, the layer and the method.
 * @param {unknown[]} parts
 */
function fileName(parts) {
  return parts.join('-').replaceAll(/[^\w.-]/g, '_');
}

/**
 * Whether a request leaves standard output to a file.
 * @param {Request} request
 */
export function takesOutput({ output, npy }) {
  return output === '-' || npy === '-';
}
