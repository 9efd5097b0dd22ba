/**
 * Random models run on every variant of the engine. Each must agree with the reference, which is
 * plain C in double precision. Threads must change no bit.
 *
 * The models come from the seeds 1, 2, ... Other ones come with FUZZ_SEED=N, and more with
 * FUZZ_SECONDS=N.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { before, describe, test } from 'node:test';

import '../../wasm-build/enable-relaxed-simd.js';
import { inBuild } from '../../wasm-build/tools.js';
import { init } from '../../web/package/engine/start.js';
import { randomInput, randomModel, randomWeights } from './random-models.js';
import { RawModel, UNFUSED } from './raw-model.js';

/** @import { RawMap } from './raw-model.js' */

const SECONDS = Number(process.env.FUZZ_SECONDS ?? 25);
const FIRST_SEED = Number(process.env.FUZZ_SEED ?? 1);

/**
 * gradCam, hiResCam, layerCam and elementwise. The others divide by sums that may cancel, or look
 * for a component that may not be unique, so that rounding alone moves their maps.
 */
const METHODS = [0, 3, 4, 5];

/** The largest differences from the reference, as parts of the largest value. */
const LOGIT_TOLERANCE = 1e-4;
const MAP_TOLERANCE = 2e-3;

/** @param {string} name @param {number} threads */
async function engine(name, threads) {
  const file = path.join(inBuild('wasm'), `${name}.wasm`);
  const wasmModule = new WebAssembly.Module(readFileSync(file));
  return init({ wasmModule, threads });
}

/**
 * @typedef {object} Answers
 * @property {Float32Array} logits
 * @property {RawMap[]} maps at every layer that has one
 * @property {string[]} names of the layers
 */

/**
 * @param {import('../../web/package/engine/engine.js').Engine} on
 * @param {number} seed of the model
 * @param {number} inputSeed
 * @param {number} [flags]
 * @returns {Answers}
 */
function run(on, seed, inputSeed, flags) {
  const { config, inputShape } = randomModel(seed);
  const model = new RawModel(on, config);
  try {
    model.setWeights(randomWeights(seed));
    model.plan(inputShape[0], inputShape[1], flags);
    model.forward(randomInput(inputSeed, inputShape));
    const layers = model.shapes().flatMap(({ length }, i) => (length === 3 ? [i] : []));
    return {
      logits: model.logits(),
      maps: model.explain(METHODS[seed % METHODS.length], inputSeed % model.classCount, layers),
      names: layers.map((layer) => model.nameOf(layer)),
    };
  } finally {
    model.dispose();
  }
}

const largest = (/** @type {Float32Array} */ values) =>
  values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** The largest difference over the largest value, or over `least`. NaN if there is one. */
function difference(
  /** @type {Float32Array} */ a,
  /** @type {Float32Array} */ b,
  /** @type {number} */ least,
) {
  const most = a.reduce((sum, value, i) => {
    const d = Math.abs(value - b[i]);
    return d <= sum ? sum : d;
  }, 0);
  return most / Math.max(largest(b), least);
}

/**
 * What differs from the reference, in words.
 * @param {Answers} found
 * @param {Answers} expected
 */
function differences(found, expected) {
  const logits = difference(found.logits, expected.logits, 1e-3);
  const wrong = logits <= LOGIT_TOLERANCE ? [] : [`the logits by ${logits}`];
  for (const [i, { map, norm }] of expected.maps.entries()) {
    const least = 1e-4 * Math.max(1, norm);
    const d = difference(found.maps[i].map, map, least);
    if (!(d <= MAP_TOLERANCE)) wrong.push(`the map of ${expected.names[i]} by ${d}`);
  }
  return wrong;
}

describe('random models', () => {
  /** @type {Record<string, Awaited<ReturnType<typeof engine>>>} */
  let engines;
  before(async () => {
    engines = {
      reference: await engine('gradcam-reference', 1),
      simd: await engine('gradcam', 1),
      relaxed: await engine('gradcam-relaxed', 1),
      threads: await engine('gradcam-threads', 3),
    };
    while (engines.threads.threads < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  /** @type {Record<string, (seed: number, inputSeed: number) => Answers>} */
  const variants = {
    simd: (seed, input) => run(engines.simd, seed, input),
    'simd, unfused': (seed, input) => run(engines.simd, seed, input, UNFUSED),
    relaxed: (seed, input) => run(engines.relaxed, seed, input),
    'the reference, unfused': (seed, input) => run(engines.reference, seed, input, UNFUSED),
  };

  /**
   * Where an input of a clamp is almost 0, or two inputs of a maximum are almost equal, rounding
   * decides and the gradients jump. A defect shows with other inputs, too.
   * @param {string} variant
   * @param {number} seed
   */
  function check(variant, seed) {
    const wrong = [0, 1, 2].map((i) => {
      const input = seed + 1000003 * i;
      return () => differences(variants[variant](seed, input), run(engines.reference, seed, input));
    });
    const first = wrong[0]();
    if (first.length === 0) return;
    const others = [wrong[1](), wrong[2]()];
    if (others.every((list) => list.length === 0)) return;
    assert.fail(`seed ${seed}, ${variant}: ${[first, ...others].flat().join(', ')}`);
  }

  test('agree on every variant', (t) => {
    const end = Date.now() + SECONDS * 1000;
    let seed = FIRST_SEED;
    for (; Date.now() < end; seed++) {
      for (const variant of Object.keys(variants)) check(variant, seed);
      const [one, many] = [run(engines.simd, seed, seed), run(engines.threads, seed, seed)];
      assert.deepEqual(many, one, `seed ${seed}: threads change bits`);
    }
    t.diagnostic(`seeds ${FIRST_SEED} to ${seed - 1}`);
    assert.ok(seed - FIRST_SEED >= 20, 'too few models were run');
  });
});
