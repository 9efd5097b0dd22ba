/** Objects of the package go through what programs do with objects. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { GradCamError, loadModel } from '../../web/package/index.js';
import { WorkerSession } from '../../web/package/worker/index.js';
import { DEFAULT_MODEL, DOG_PICTURE } from './fixtures.js';

/** What Vue's `ref` asks of a value. It wraps only these. @param {object} value */
function isWrapped(value) {
  const kind = Object.prototype.toString.call(value).slice(8, -1);
  return ['Object', 'Array', 'Map', 'Set', 'WeakMap', 'WeakSet'].includes(kind);
}

describe('a proxy', () => {
  /** @type {import('gradcam-wasm').Model} */
  let model;
  before(async () => (model = await loadModel(DEFAULT_MODEL)));
  after(() => model.dispose());

  test('is not made of what has private fields', async () => {
    const run = await model.run(readFileSync(DOG_PICTURE));
    assert.ok(isWrapped({}));
    for (const own of [model, run, new WorkerSession()]) assert.ok(!isWrapped(own));
  });
});

describe('an error', () => {
  test('of another copy of the package is known', async () => {
    const other = await import(`../../web/package/base/errors.js?${1}`);
    const theirs = new other.GradCamError('DISPOSED', 'gone');
    assert.notEqual(other.GradCamError, GradCamError);
    assert.ok(theirs instanceof GradCamError);
    assert.ok(new GradCamError('DISPOSED', 'gone') instanceof other.GradCamError);
    assert.ok(!(new Error('gone') instanceof GradCamError));
    assert.ok(![null, undefined, 'x', {}].some((value) => value instanceof GradCamError));
  });

  test('of a class made from it is known by that class', () => {
    class Special extends GradCamError {}
    const special = new Special('DISPOSED', 'gone');
    assert.ok(special instanceof Special && special instanceof GradCamError);
    assert.ok(!(new GradCamError('DISPOSED', 'gone') instanceof Special));
  });
});
