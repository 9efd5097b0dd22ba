/**
 * A Keras 2 layer that is called with training=True: predict() obeys it, so the model is refused.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { loadModel } from '../../web/package/index.js';
import { SHARED, SKIP_SHARED, assertFails } from './fixtures.js';

describe('training=True in a call', { skip: SKIP_SHARED }, () => {
  for (const file of ['model.h5', 'model.keras']) {
    test(`is refused in ${file}, with a way out`, () => {
      const path = join(SHARED, 'field/keras/wrong_k2_training_true', file);
      const load = () => loadModel(readFileSync(path));
      return assertFails(load, 'UNSUPPORTED_LAYER', /training=True.*training=False and save/);
    });
  }
});
