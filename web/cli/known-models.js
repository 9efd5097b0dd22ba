/** Finds labels of known models in the manifest, by the hash of the file. */

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/**
 * @typedef {object} KnownModel
 * @property {{ sha256: string }} original the file as its package has it
 * @property {string[] | 'imagenet'} labels
 */

/**
 * @param {Uint8Array} bytes of the model file
 * @returns {Promise<KnownModel | undefined>}
 */
export async function findKnownModel(bytes) {
  const manifest = await readFile(new URL('../../models/manifest.json', import.meta.url), 'utf8');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  /** @type {KnownModel[]} */
  const models = JSON.parse(manifest).models;
  return models.find(({ original }) => original.sha256 === sha256);
}
