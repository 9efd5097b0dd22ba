/** The lists of option names are those of the types, and every call refuses another name. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import ts from 'typescript';
import { Package } from '../../wasm-build/api-docs.js';
import { OPTION_NAMES } from '../../web/package/base/option-names.js';
import * as main from '../../web/package/index.js';
import { WorkerSession } from '../../web/package/worker/index.js';
import { plainPicture } from './fixtures.js';
import { smallSafetensors } from './hostile-files.js';
import { startThread } from './node-worker.js';

const MAIN = 'web/package/index.js';

/** @typedef {(options: object) => unknown} Call */

describe('the lists of option names', () => {
  const reference = new Package();
  const { checker } = reference;
  const exported = reference.exportsOf(MAIN);

  /** Names of the options that each call takes, by its types. */
  function typedCalls() {
    /** @type {Map<string, string[]>} */
    const found = new Map();
    const add = (/** @type {string} */ name, /** @type {ts.Type} */ type) => {
      const [signature] = type.getCallSignatures();
      const last = signature?.getParameters().find((parameter) => parameter.name === 'options');
      if (!last) return;
      const options = checker.getNonNullableType(checker.getTypeOfSymbol(last));
      found.set(name, propertiesOf(options));
    };
    for (const { name, type } of exported) add(name, type);
    for (const [className, variable] of [
      ['Model', 'model'],
      ['Run', 'run'],
      ['Attribution', 'attribution'],
    ]) {
      const { type } = exportNamed(className);
      const constructed = type.getConstructSignatures()[0]?.getReturnType() ?? type;
      for (const member of constructed.getProperties()) {
        if (member.name.startsWith('#')) continue;
        add(`${variable}.${member.name}`, checker.getTypeOfSymbol(member));
      }
    }
    return found;
  }

  /** @param {string} wanted */
  function exportNamed(wanted) {
    const found = exported.find(({ name }) => name === wanted);
    assert.ok(found, wanted);
    return found;
  }

  /** @param {ts.Type} type */
  function propertiesOf(type) {
    return type.getProperties().map(({ name }) => name);
  }

  /** @param {Iterable<string>} names */
  const sorted = (names) => [...new Set(names)].sort();

  test('are those of the types', () => {
    const calls = typedCalls();
    const objects = ['contrast', 'preprocessing'];
    const names = Object.keys(OPTION_NAMES).filter((name) => !objects.includes(name));
    assert.deepEqual(sorted(calls.keys()), sorted(names));
    for (const [name, properties] of calls) {
      const listed = OPTION_NAMES[/** @type {keyof typeof OPTION_NAMES} */ (name)];
      assert.deepEqual(sorted(listed), sorted(properties), name);
    }
    assert.deepEqual(
      sorted(OPTION_NAMES.contrast),
      sorted(propertiesOf(exportNamed('Contrast').type)),
    );
    const numbers = ['Affine', 'Standardization'].flatMap((name) =>
      propertiesOf(exportNamed(name).type),
    );
    assert.deepEqual(sorted(OPTION_NAMES.preprocessing), sorted(numbers));
  });
});

describe('a wrong name', () => {
  const OPTIONS = /** @type {const} */ ({ threads: 1, wasmVariant: 'simd' });
  const session = new WorkerSession(() => startThread());
  after(() => session.terminate());

  /**
   * Every call that takes options, with good arguments.
   * @param {any} api
   * @returns {Promise<Record<string, Call>>}
   */
  async function listCalls(api) {
    const picture = plainPicture([200, 100, 50, 255], 8, 8);
    const bytes = smallSafetensors();
    const model = await api.loadModel(bytes, { ...OPTIONS, preprocessing: 'tf' });
    const run = await model.run(picture);
    const explanation = await run.explain();
    const attribution = await run.attribute();
    const [{ heatmap }] = explanation.targets;
    const array = await api.imageToArray(picture);
    const stored = await api.explanationToJson(explanation);
    return {
      init: (options) => api.init({ ...OPTIONS, ...options }),
      loadModel: (options) => api.loadModel(bytes, { ...OPTIONS, ...options }),
      convertModel: (options) => api.convertModel(bytes, { ...OPTIONS, ...options }),
      loadImage: (options) => api.loadImage(picture, options),
      imageToArray: (options) => api.imageToArray(picture, options),
      arrayToImage: (options) => api.arrayToImage(array, options),
      encodePng: (options) => api.encodePng(picture, options),
      formatAsImage: (options) => api.formatAsImage(explanation, options),
      expandHeatmap: (options) => api.expandHeatmap(heatmap, picture, options),
      explanationToJson: (options) => api.explanationToJson(explanation, options),
      explanationFromJson: (options) => api.explanationFromJson(stored, options),
      fuseMaps: (options) => api.fuseMaps(explanation, options),
      explainPrediction: (options) => api.explainPrediction(model, picture, options),
      showPrediction: (options) => api.showPrediction(model, picture, options),
      'model.run': (options) => model.run(picture, options),
      'model.summary': (options) => model.summary(options),
      'model.randomization': (options) => model.randomization(picture, { counts: [1], ...options }),
      'run.decodePredictions': (options) => run.decodePredictions(options),
      'run.explain': (options) => run.explain(options),
      'run.attribute': (options) => run.attribute(options),
      'run.channels': (options) => run.channels(options),
      'run.deletionInsertion': (options) => run.deletionInsertion(heatmap, options),
      'run.averageDrop': (options) => run.averageDrop(heatmap, options),
      'run.coherency': (options) => run.coherency(heatmap, options),
      'run.stability': (options) => run.stability(options),
      'run.hideAndLook': (options) => run.hideAndLook(heatmap, options),
      'run.trust': (options) => run.trust(explanation, options),
      'attribution.toHeatmap': (options) => attribution.toHeatmap(options),
      contrast: (contrast) => run.explain({ contrast }),
      preprocessing: (numbers) =>
        api.imageToArray(picture, { preprocessing: { scale: 1, offset: 0, ...numbers } }),
    };
  }

  for (const [where, api] of Object.entries({ 'this thread': main, 'a worker': session })) {
    test(`is refused by every call in ${where}`, async () => {
      const calls = await listCalls(api);
      assert.deepEqual(Object.keys(calls).sort(), Object.keys(OPTION_NAMES).sort());
      for (const [name, call] of Object.entries(calls)) {
        const message = `"zzzzzzzzzzzz" is no option of ${name}; allowed: `;
        await assert.rejects(
          async () => call({ zzzzzzzzzzzz: 1 }),
          (/** @type {any} */ error) =>
            error.code === 'INVALID_ARGUMENT' && error.message.startsWith(message),
          name,
        );
        // A name without a value says nothing.
        await call({ zzzzzzzzzzzz: undefined });
      }
    });
  }

  /** @type {any} */
  let model;
  before(async () => (model = await main.loadModel(smallSafetensors(), OPTIONS)));

  test('is answered with the nearest names', async () => {
    const run = await model.run(plainPicture([1, 2, 3, 255], 8, 8));
    for (const [options, nearest] of /** @type {[object, string][]} */ ([
      [{ target: 1 }, '"target" is no option of run.explain; the nearest names are targets'],
      [{ layers: 'l0' }, '"layers" is no option of run.explain; the nearest names are layer'],
      [{ eigen_smooth: true }, 'the nearest names are eigenSmooth'],
      [{ Logit: true }, 'the nearest names are logits'],
    ])) {
      await assert.rejects(
        () => run.explain(options),
        (/** @type {any} */ error) => error.message.includes(nearest),
        nearest,
      );
    }
  });

  test('is refused by explainPrediction, which hands its options on', async () => {
    const picture = plainPicture([1, 2, 3, 255], 8, 8);
    await assert.rejects(
      () => main.explainPrediction(model, picture, /** @type {any} */ ({ tarets: 0 })),
      {
        message: /"tarets" is no option of explainPrediction; the nearest names are targets/,
      },
    );
    const options = { targets: 0, image: picture, crop: 'center', index: 0, alphaLimit: 0.5 };
    await main.showPrediction(model, picture, /** @type {any} */ (options));
  });

  test('is no matter where there are no options', async () => {
    for (const options of [undefined, null, {}]) {
      await model.run(plainPicture([1, 2, 3, 255], 8, 8), options);
    }
  });
});
