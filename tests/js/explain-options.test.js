/** What explain() is asked besides classes and layers, and run.channels(). */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { loadModel, methodInfo, methods } from '../../web/package/index.js';
import { contrastOf } from '../../web/package/model/contrast.js';
import { resizeMap } from '../../web/package/metrics/maps.js';
import { DEFAULT_MODEL, DOG_PICTURE, assertFails, plainPicture, smallModel } from './fixtures.js';

/** @import { ExplainOptions, Method } from 'gradcam-wasm' */

const model = await loadModel(readFileSync(DEFAULT_MODEL), { wasmVariant: 'simd', threads: 1 });
const run = await model.run(readFileSync(DOG_PICTURE));
const late = 'Conv_1';
const early = 'block_3_project_BN';

/**
 * @param {ExplainOptions} options
 * @returns {Promise<Float32Array[]>}
 */
async function rawMaps(options) {
  const { targets } = await run.explain({ logits: true, ...options, raw: true });
  return targets.map(({ raw }) => /** @type {Float32Array} */ (raw));
}

/**
 * @param {ArrayLike<number>} a
 * @param {ArrayLike<number>} b
 * @param {number} [share] of the largest value
 */
function assertNear(a, b, share = 1e-4) {
  let [largest, difference] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    largest = Math.max(largest, Math.abs(b[i]));
    difference = Math.max(difference, Math.abs(a[i] - b[i]));
  }
  assert.equal(a.length, b.length);
  assert.ok(difference <= share * largest, `${difference} of ${largest}`);
}

describe('several methods', () => {
  test('give what each gives alone, one after another', async () => {
    const options = { targets: [3, 5], layer: [early, late], logits: true, raw: true };
    const together = await run.explain({ ...options, method: methods() });
    assert.equal(together.targets.length, methods().length * 4);
    assert.equal(
      together.method,
      methods()
        .map((name) => methodInfo(name).title)
        .join(', '),
    );
    for (const [i, method] of methods().entries()) {
      const alone = await run.explain({ ...options, method });
      const found = together.targets.slice(4 * i, 4 * i + 4);
      for (const [j, { raw, heatmap, ...entry }] of alone.targets.entries()) {
        assert.equal(found[j].method, method);
        assert.deepEqual([found[j].target, found[j].layer], [entry.target, entry.layer]);
        assertNear(
          /** @type {Float32Array} */ (found[j].raw),
          /** @type {Float32Array} */ (raw),
          1e-5,
        );
      }
    }
  });

  test('are refused if there are none, or one twice', async () => {
    for (const method of [[], ['gradCam', 'gradCam'], ['cam'], 'eigen', null, 7, Array(2 ** 31)]) {
      const call = () => run.explain({ method: /** @type {any} */ (method) });
      if (method === null) await call();
      else await assertFails(call, 'INVALID_ARGUMENT', /method is .*; allowed/);
    }
  });
});

describe('settings', () => {
  /** @type {ExplainOptions[]} */
  const asked = [
    {},
    { targets: { 3: 1, 5: -1 }, method: ['layerCam', 'eigenCam'], layer: early, logits: true },
    { targets: [1, 2], contrast: { count: 2, weighted: true }, layer: late },
    { contrast: { against: [4, 7], gamma: 1 }, counterfactual: true, layer: late },
    { method: 'hiResCam', eigenSmooth: true, layer: early },
    { augSmooth: true, layer: late },
  ];
  for (const options of asked) {
    test(`make an entry again: ${JSON.stringify(options)}`, async () => {
      const { targets } = await run.explain({ ...options, raw: true });
      for (const entry of targets) {
        const settings = structuredClone(entry.settings);
        const again = await run.explain({ ...settings, raw: true });
        assert.deepEqual(again.targets.length, 1);
        assertNear(again.targets[0].heatmap.data, entry.heatmap.data, 1e-5);
        assert.deepEqual(again.targets[0].settings, entry.settings);
        assert.equal(again.targets[0].label, entry.label);
        assert.equal(again.targets[0].score, entry.score);
      }
    });
  }
});

describe('raw maps', () => {
  test('are signed and unscaled, and only there if they are asked for', async () => {
    const { targets } = await run.explain({ raw: true, layer: early, logits: true });
    const [{ raw = new Float32Array(), rawMin, rawMax, heatmap }] = targets;
    assert.equal(Math.min(...raw), rawMin);
    assert.equal(Math.max(...raw), rawMax);
    assert.ok(rawMin < 0);
    assertNear(
      raw.map((value) => Math.max(value, 0) / (rawMax + 1e-7)),
      heatmap.data,
      1e-6,
    );
    assert.ok(!('raw' in (await run.explain()).targets[0]));
  });
});

describe('weights of classes', () => {
  test('explain the sum of the classes', async () => {
    const layer = [early, late];
    const [first, , second] = await rawMaps({ targets: [3, 5], layer });
    const [difference] = await rawMaps({ targets: { 3: 1, 5: -0.5 }, layer });
    assertNear(
      difference,
      first.map((value, i) => value - 0.5 * second[i]),
    );
    const { targets } = await run.explain({ targets: { 3: 1, 5: -0.5 }, logits: true });
    assert.equal(targets[0].score, run.logits[3] - 0.5 * run.logits[5]);
    assert.equal(targets[0].proba, null);
    assert.equal(targets[0].label, '1 × 3 - 0.5 × 5');
    assert.deepEqual(targets[0].target, { 3: 1, 5: -0.5 });
  });

  test('are refused with other classes and weights', async () => {
    for (const targets of [{}, { 19: 1 }, { cat: 1 }, { 1: NaN }, { 1: 'a' }, { '01': 1 }, [[1]]]) {
      const call = () => run.explain({ targets: /** @type {any} */ (targets) });
      await assertFails(call, 'INVALID_TARGET', /whole numbers from 0 to 18/);
    }
  });

  test('of the two classes of a sigmoid are opposite', async () => {
    const binary = await smallModel(
      [
        [
          'Conv2D',
          { name: 'conv', filters: 1, kernel_size: [1, 1] },
          { kernel: [1, 1, 1], bias: [0] },
        ],
        ['GlobalAveragePooling2D', { name: 'pool' }],
        ['Dense', { name: 'end', units: 1, activation: 'sigmoid' }, { kernel: [0.01], bias: [0] }],
      ],
      { binary: true },
    );
    const small = await binary.run(plainPicture([10, 20, 30, 255], 4, 4));
    const { targets } = await small.explain({ targets: [1, { 0: -1 }, { 0: 1, 1: 1 }], raw: true });
    assert.deepEqual(targets[1].raw, targets[0].raw);
    assert.ok(
      targets[2].raw?.every((value) => Math.abs(value) < 1e-9),
      'p + (1 - p) is constant',
    );
    binary.dispose();
  });
});

describe('a contrast', () => {
  test('takes the nearest classes, or those that are given', async () => {
    const nearest = Array.from(run.logits.keys())
      .filter((i) => i !== 3)
      .sort(
        (a, b) => Math.abs(run.logits[a] - run.logits[3]) - Math.abs(run.logits[b] - run.logits[3]),
      )
      .slice(0, 3);
    const { targets } = await run.explain({ targets: 3, contrast: {} });
    const used = { against: nearest, count: 3, gamma: 0.6, weighted: false };
    assert.deepEqual(targets[0].settings.contrast, used);
    assert.equal(targets[0].settings.logits, true);
    const weights = { 3: 1, ...Object.fromEntries(nearest.map((i) => [i, -0.2])) };
    const [expected] = await rawMaps({ targets: weights });
    assertNear((await rawMaps({ targets: 3, contrast: { against: nearest } }))[0], expected);
  });

  test('has weights that are the derivative of what it explains', () => {
    const logits = Float32Array.from(run.logits.slice(0, 6));
    for (const weighted of [false, true]) {
      const contrast = { against: [0, 2, 5], count: 3, gamma: 0.7, weighted };
      const { weights } = contrastOf({ logits }, 4, contrast);
      const sums = new Float64Array(6);
      for (const [index, weight] of weights) sums[index] += weight;
      for (let i = 0; i < 6; i++) {
        const moved = [1, -1].map((sign) => {
          const changed = logits.slice();
          changed[i] += sign / 64;
          return contrastOf({ logits: changed }, 4, contrast).score;
        });
        assert.ok(Math.abs((moved[0] - moved[1]) * 32 - sums[i]) < 1e-3, `logit ${i}`);
      }
      if (!weighted) assert.ok(Math.abs(sums.reduce((a, b) => a + b) - 0.3) < 1e-12);
    }
  });

  test('is refused where it means nothing', async () => {
    /** @type {[any, RegExp][]} */
    const wrong = [
      [{ contrast: {}, logits: false }, /contrast needs logits: true/],
      [{ contrast: {}, targets: { 1: 1 } }, /a class as target/],
      [{ contrast: 'nearest' }, /contrast is "nearest"; allowed/],
      [{ contrast: { against: [3] }, targets: 3 }, /classes other than 3/],
      [{ contrast: { against: [1, 1] }, targets: 3 }, /each once/],
      [{ contrast: { against: [] } }, /contrast.against is \[\]/],
      [{ contrast: { against: 4 } }, /contrast.against is 4/],
      [{ contrast: { count: 0 } }, /contrast.count is 0/],
      [{ contrast: { gamma: NaN } }, /contrast.gamma is NaN/],
      [{ contrast: { weighted: 1 } }, /contrast.weighted is 1/],
    ];
    for (const [options, message] of wrong) {
      await assertFails(() => run.explain(options), 'INVALID_ARGUMENT', message);
    }
    const call = () => run.explain({ targets: 1, contrast: { against: [40] } });
    await assertFails(call, 'INVALID_TARGET', /target is 40/);
  });
});

describe('a counterfactual', () => {
  test('is the raw map with the other sign, of methods that are linear', async () => {
    const method = /** @type {Method[]} */ (['gradCam', 'xGradCam', 'hiResCam', 'layerCam']);
    const plain = await rawMaps({ method, layer: early });
    const turned = await rawMaps({ method, layer: early, counterfactual: true });
    for (let i = 0; i < 3; i++)
      assertNear(
        turned[i],
        plain[i].map((value) => -value),
        1e-6,
      );
    assert.throws(() =>
      assertNear(
        turned[3],
        plain[3].map((value) => -value),
        0.01,
      ),
    );
  });

  test('and other switches are true or false', async () => {
    for (const name of ['counterfactual', 'eigenSmooth', 'augSmooth', 'raw']) {
      const call = () => run.explain(/** @type {any} */ ({ [name]: 'yes' }));
      await assertFails(call, 'INVALID_ARGUMENT', new RegExp(`${name} is "yes"; allowed`));
    }
  });
});

describe('augSmooth', () => {
  test('gives maps in the size of the input, with progress', async () => {
    /** @type {number[]} */
    const done = [];
    const { targets } = await run.explain({
      targets: [3, 5],
      method: ['gradCam', 'layerCam'],
      layer: late,
      augSmooth: true,
      onProgress: (progress) => void done.push(progress.step / progress.steps),
    });
    assert.deepEqual(done, [1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6, 1]);
    assert.equal(targets.length, 4);
    for (const { heatmap } of targets) {
      assert.deepEqual([heatmap.height, heatmap.width], [run.input.height, run.input.width]);
      assert.ok(heatmap.data.every((value) => value >= 0 && value <= 1));
    }
  });

  test('ends between its runs when it is aborted', async () => {
    const controller = new AbortController();
    const onProgress = () => controller.abort(new Error('enough'));
    const options = { augSmooth: true, signal: controller.signal, onProgress };
    await assert.rejects(run.explain(options), /enough/);
  });

  test('leaves the run as it was', async () => {
    const before = await rawMaps({ layer: late });
    await run.explain({ augSmooth: true, layer: late });
    assert.deepEqual(await rawMaps({ layer: late }), before);
  });
});

describe('notes', () => {
  test('say where channels cancel, and where squares are small', async () => {
    const notesAt = async (/** @type {string} */ layer, logits = true) => {
      const method = /** @type {Method[]} */ (['gradCam', 'xGradCam', 'gradCamPlusPlus']);
      const { targets } = await run.explain({ method, layer, logits });
      return targets.map(({ notes }) => notes.join(' '));
    };
    const [gradCam, xGradCam, plusPlus] = await notesAt(late);
    assert.equal(gradCam, '');
    assert.match(xGradCam, /XGrad-CAM divides by the sum of each channel, and in \d+ channels/);
    assert.match(plusPlus, /Grad-CAM\+\+ divides by the sum/);
    const [, behind, small] = await notesAt('out_relu', false);
    assert.equal(behind, '');
    assert.match(small, /squared gradients plus 1e-6, and the mean square here is only/);
  });
});

describe('eigenCam', () => {
  test('has one map for all classes, also where no gradient comes', async () => {
    const [first, second] = await rawMaps({ method: 'eigenCam', targets: [3, 5], layer: early });
    assert.deepEqual(first, second);
    const { targets } = await run.explain({ method: 'eigenCam', targets: { 3: 0 }, layer: early });
    assert.equal(targets[0].diagnosis, null);
    assert.deepEqual(targets[0].heatmap.data.length, first.length);
  });
});

describe('channels', () => {
  test('add up to the map of Grad-CAM', async () => {
    for (const layer of [late, 'block_1_pad']) {
      const [raw] = await rawMaps({ targets: 3, layer });
      const { positive, negative, count, total, label } = await run.channels({
        target: 3,
        layer,
        top: 2000,
      });
      assert.ok(positive.length + negative.length <= count);
      assert.equal(label, '3');
      const sum = new Float64Array(raw.length);
      for (const { map } of [...positive, ...negative]) map.data.forEach((v, i) => (sum[i] += v));
      assertNear(sum, raw);
      const mean = raw.reduce((all, value) => all + value, 0) / raw.length;
      assert.ok(Math.abs(mean - total) < 1e-4 * Math.max(...raw.map(Math.abs)));
    }
  });

  test('come in the order of what they contribute', async () => {
    const { positive, negative } = await run.channels({ top: 4 });
    assert.equal(positive.length, 4);
    for (const [list, sign] of /** @type {const} */ ([
      [positive, 1],
      [negative, -1],
    ])) {
      const parts = list.map(({ contribution }) => sign * contribution);
      assert.deepEqual(
        parts,
        [...parts].sort((a, b) => b - a),
      );
      assert.ok(parts.every((part) => part > 0));
    }
  });

  test('refuse what means nothing', async () => {
    /** @type {[any, 'INVALID_ARGUMENT' | 'INVALID_TARGET' | 'UNKNOWN_LAYER', RegExp][]} */
    const wrong = [
      [{ top: 0 }, 'INVALID_ARGUMENT', /top is 0/],
      [{ target: 19 }, 'INVALID_TARGET', /target is 19/],
      [{ target: [1, 2] }, 'INVALID_ARGUMENT', /one target/],
      [{ layer: 'all' }, 'INVALID_ARGUMENT', /one layer/],
      [{ layer: 'nowhere' }, 'UNKNOWN_LAYER', /nowhere/],
    ];
    for (const [options, code, message] of wrong) {
      await assertFails(() => run.channels(options), code, message);
    }
  });
});

test('a map is enlarged with half-pixel centres', () => {
  const found = resizeMap([0, 1, 2, 3], { height: 2, width: 2 }, { height: 4, width: 4 });
  const row = [0, 0.25, 0.75, 1];
  assertNear(
    found,
    [0, 0.5, 1.5, 2].flatMap((y) => row.map((x) => x + y)),
    1e-12,
  );
});
