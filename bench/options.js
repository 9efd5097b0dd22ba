/** What the bench's commands are told, or choose by themselves: hosts, models, pictures. */

import fs from 'node:fs';
import path from 'node:path';
import { manifest } from '../models/fetch.js';
import { SetupError, root } from '../wasm-build/tools.js';
import { inChromium, inNode } from './hosts.js';

/** @type {Record<string, typeof inNode>} */
const hosts = { chromium: inChromium, node: inNode };

/** @param {string} [name] default: all */
export function chooseHosts(name) {
  if (name === undefined) return Object.values(hosts);
  if (name in hosts) return [hosts[name]];
  throw new SetupError(`--host is ${name}; allowed: ${Object.keys(hosts).join(', ')}`);
}

/**
 * @param {string} name of the option
 * @param {string} text
 */
export function positive(name, text) {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new SetupError(`--${name} is ${text}; allowed: 1, 2, 3, ...`);
}

/** @param {string} file from the project's root */
export const exists = (file) => fs.existsSync(path.join(root, file));

/** @param {string[]} files of which the first that is there is meant */
function firstOf(files) {
  const found = files.find(exists);
  if (found === undefined) throw new SetupError(`none of ${files.join(', ')}: npm run build`);
  return found;
}

/**
 * Path of a model from the project's root.
 * @param {string} [file] default: MobileNetV2, or where that is not there the default model
 */
export function chooseModel(file) {
  if (file !== undefined) return path.relative(root, path.resolve(file));
  const entry = manifest.models.find(({ id }) => id === manifest.default) ?? manifest.models[0];
  return firstOf(['../shared/models/mobilenetv2_imagenet.keras', `build/models/${entry.file}`]);
}

export function choosePictures() {
  return ['cat_dog', 'dog'].map((name, i) =>
    firstOf([`../shared/images/${name}_224.png`, `build/pictures/${manifest.pictures[i].file}`]),
  );
}
