/** Work of the page that a signal may abort: what the signal keeps of it afterwards. */

import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, test } from 'node:test';
import { abortable, listening } from '../../web/demo/abort.js';
import { receive } from '../../web/demo/asked.js';

/** @param {AbortSignal} signal */
const count = (signal) => getEventListeners(signal, 'abort').length;

describe('work that a signal may abort', () => {
  test('is heard of while it runs, and leaves nothing behind', async () => {
    const { signal } = new AbortController();
    const work = async () => count(signal);
    assert.equal(await listening(signal, () => {}, work), 1);
    assert.equal(await abortable(signal, (resolve) => setTimeout(() => resolve(count(signal)))), 1);
    assert.equal(await listening(undefined, () => {}, work), 0);
    const failed = abortable(signal, (_, reject) => reject(new Error('failed')));
    await assert.rejects(failed, /failed/);
    assert.equal(count(signal), 0);
  });

  test('rejects with the reason of an abort', async () => {
    const controller = new AbortController();
    const never = abortable(controller.signal, () => {});
    controller.abort(new Error('stopped'));
    await assert.rejects(never, /stopped/);
    const late = abortable(controller.signal, () => assert.fail('it began'));
    await assert.rejects(late, /stopped/);
  });

  test('a model that was asked for early is read, and its signal is let go', async () => {
    const [asked, { signal }] = [new AbortController(), new AbortController()];
    const response = Promise.resolve(new Response('bytes'));
    const early = { address: 'models/dogs.h5', response, controller: asked };
    const file = await receive(early, signal, () => {});
    assert.deepEqual([file?.name, await file?.text()], ['dogs.h5', 'bytes']);
    assert.equal(count(signal), 0);
  });

  test('an abort ends the request that was made early', async () => {
    const [asked, caller] = [new AbortController(), new AbortController()];
    const response = new Promise((_, reject) => {
      asked.signal.addEventListener('abort', () => reject(asked.signal.reason), { once: true });
    });
    const early = /** @type {Asked} */ ({ address: 'a.h5', response, controller: asked });
    const file = receive(early, caller.signal, () => {});
    caller.abort(new Error('closed'));
    await assert.rejects(file, /closed/);
  });
});
