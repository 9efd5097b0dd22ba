/** A model that ends in rows and columns is refused. It has no list of scores. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadModel } from '../../web/package/index.js';
import { SHARED, SKIP_SHARED, assertFails } from './fixtures.js';

for (const path of [
  'field/keras/segmentation/model.keras',
  'field/reports/10-segmentation-output/segmentation.keras',
]) {
  test(`${path} is no classifier`, { skip: SKIP_SHARED }, () =>
    assertFails(
      () => loadModel(readFileSync(join(SHARED, path))),
      'UNSUPPORTED_LAYER',
      /gives \(\d+, \d+, \d+\).*GlobalAveragePooling2D/,
    ),
  );
}
