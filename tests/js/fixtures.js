/** What the JavaScript tests share: where models and pictures are. */

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const SHARED = join(ROOT, '../shared');

/** The default model, which set-up fetches: the smallest real model that every machine has. */
export const DEFAULT_MODEL = join(ROOT, 'build/models/dog_breed_mobilenetv2.h5');
/** A picture that set-up fetches. */
export const DOG_PICTURE = join(ROOT, 'build/pictures/dog.jpg');

/** Why tests on shared data are skipped. In CI the data must be there, and the tests fail without. */
export const SKIP_SHARED =
  !existsSync(SHARED) && !process.env.CI && 'the test data (../shared) are not on this machine';

/** @param {string} name */
export function sharedModel(name) {
  return readFileSync(join(SHARED, 'models', name));
}

/** @param {string} name */
export function sharedImage(name) {
  return readFileSync(join(SHARED, 'images', name));
}

/**
 * Asserts that a call throws, or its promise rejects with, a GradCamError.
 * @param {() => unknown} call
 * @param {string} code
 * @param {RegExp} [message]
 */
export async function assertFails(call, code, message = /./) {
  await assert.rejects(
    async () => call(),
    (/** @type {any} */ error) => {
      assert.equal(error.name, 'GradCamError', String(error.stack ?? error));
      assert.equal(error.code, code, error.message);
      assert.match(error.message, message);
      return true;
    },
  );
}
