/**
 * Every explanation that ELI5 itself gave, by explainPrediction: as someone who moves over sees it.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SKIP } from './common.js';
import { comparePairs, explainedCases } from './explanations.js';

/** ELI5's scores come from a float32 run too. */
const SCORE_TOLERANCE = 1e-3;

/**
 * A value on the other side of a step changes its colour by up to 3 of 255 and its opacity by 1; a
 * value that is off changes its colour at most thrice as much.
 */
const STEP = 4;
const SLOPE = 3;

describe('explanations as ELI5 gives them', { skip: SKIP }, () => {
  for (const name of SKIP ? [] : explainedCases()) {
    test(name, async (context) => {
      const pairs = await comparePairs(name);
      for (const pair of pairs) assertAlike(pair);
      const pictures = pairs.flatMap((pair) => pair.pictures);
      const equal = pictures.filter(({ different }) => different === 0).length;
      const worst = Math.max(...pairs.map(({ error, tolerance }) => error && error / tolerance));
      context.diagnostic(
        `${pairs.length} explanations, worst map at ${worst.toFixed(3)} of its tolerance; ` +
          `${pictures.length} pictures from our maps, ${equal} equal to the byte`,
      );
      if (name === 'imagenet_cat_dog') assert.equal(pairs.length, 16);
    });
  }
});

/** @param {import('./explanations.js').Pair} pair */
function assertAlike({ theirs, ours, error, tolerance, pictures }) {
  const [entry] = ours.targets;
  assert.equal(ours.modelName, theirs.estimator);
  assert.equal(ours.method, theirs.method);
  assert.equal(ours.targets.length, 1);
  assert.equal(entry.target, theirs.target);
  if (theirs.layer !== null) assert.equal(entry.layer, theirs.layer);
  const where = `class ${entry.target} at ${entry.layer}`;
  const scoreError = Math.abs(entry.score / theirs.score - 1);
  assert.ok(scoreError <= SCORE_TOLERANCE, `${where}: score ${entry.score}, not ${theirs.score}`);
  assert.equal(entry.proba, entry.score);
  assert.deepEqual([entry.heatmap.height, entry.heatmap.width], theirs.heatmap_shape);
  assert.ok(error <= tolerance, `${where}: map off by ${error}, allowed ${tolerance}`);
  for (const { file, largest } of pictures) {
    const allowed = Math.ceil(STEP + SLOPE * 255 * error);
    assert.ok(largest <= allowed, `${file}: off by ${largest}, allowed ${allowed}`);
  }
}
