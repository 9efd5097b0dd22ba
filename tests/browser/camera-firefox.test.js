/** The camera on the page, in Firefox, which plays a picture in place of a camera. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Firefox, SKIP } from './firefox.js';
import { dogs, served } from './served.js';

/** A camera without a question to the user. */
const CAMERA = {
  'media.navigator.permission.disabled': true,
  'media.navigator.streams.fake': true,
};

/** Lets the camera run for a moment, and takes its picture. */
const TAKE = `(async () => {
  const pause = () => new Promise((resolve) => setTimeout(resolve, 50));
  const find = (selector) => document.querySelector(selector);
  while (find('.pane')?.ariaBusy !== 'false') await pause();
  find('#camera-button').click();
  while (!/^[2-9]|^\\d\\d/.test(find('.camera-rate')?.textContent ?? '')) await pause();
  [...document.querySelectorAll('.camera button')].find((button) =>
    button.textContent.startsWith('Take')).click();
  while (find('dialog').open || !find('#tray button[title^=camera][aria-pressed=true]'))
    await pause();
  while (find('.pane').ariaBusy !== 'false') await pause();
  return { headline: find('.headline').textContent, alert: find('#alert').textContent };
})`;

describe('the camera in Firefox', { skip: SKIP }, () => {
  const given = served(() => Firefox.launch(CAMERA));

  test('explains picture after picture, and takes one', async () => {
    await given.browser.open(`${given.site.address}#model=${dogs.id}`);
    const { headline, alert } = await given.browser.call(TAKE);
    assert.match(headline, /\d%$/);
    assert.equal(alert, '');
  });
});
