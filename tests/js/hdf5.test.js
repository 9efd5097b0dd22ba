/** The reader of HDF5 against h5py, and against files that were made to do harm. */

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { Hdf5 } from '../../web/package/engine/hdf5-file.js';
import { init } from '../../web/package/index.js';
import { ROOT, assertFails } from './fixtures.js';

/** @typedef {{ shape: number[], values: string }} Expected values in base64 of float32 */

/** @type {Awaited<ReturnType<typeof init>>} */
let engine;
/** Set-up writes the files with tests/files/make-hdf5.py. */
const folder = join(ROOT, 'build/hdf5-files');

before(async () => {
  engine = await init();
});

/**
 * Opens a file and visits its root group.
 * @param {string} name
 */
function open(name) {
  const file = new Hdf5(engine, readFileSync(join(folder, name)));
  file.visit();
  return file;
}

/**
 * Every data set below the group that is visited.
 * @param {Hdf5} file
 * @param {string} path of the group
 * @returns {Map<string, number>} addresses by paths
 */
function listDatasets(file, path = '') {
  const all = new Map();
  if (path.split('/').length > 10) return all; // a damaged file may have circles
  for (const [name, address] of file.links) {
    file.visit(address);
    if (file.shape) all.set(path + name, address);
    else for (const entry of listDatasets(file, `${path}${name}/`)) all.set(...entry);
  }
  return all;
}

/**
 * The values of the data set that is visited.
 * @param {Hdf5} file
 * @param {number} count
 * @param {number} part how many are read at once
 */
function readValues(file, count, part) {
  const values = new Float32Array(count);
  engine.scratch((scratch) => {
    const pointer = scratch.alloc(4 * part);
    for (let first = 0; first < count; first += part) {
      const some = Math.min(part, count - first);
      file.read(pointer, first, some);
      values.set(engine.viewFloats(pointer, some), first);
    }
  });
  return values;
}

/**
 * @param {Hdf5} file in which the data set is visited
 * @param {Expected} expected
 * @param {string} name
 */
function compareDataset(file, { shape, values }, name) {
  assert.deepEqual(file.shape, shape, name);
  const count = shape.reduce((product, axis) => product * axis, 1);
  const bytes = Buffer.from(values, 'base64');
  for (const part of [file.part, Math.max(1, Math.ceil(count / 3))]) {
    const found = readValues(file, count, part);
    assert.equal(Buffer.compare(Buffer.from(found.buffer), bytes), 0, `${name} by ${part}`);
  }
}

/** @param {string} name of the file without its ending */
function compareFile(name) {
  const file = open(`${name}.h5`);
  try {
    const { datasets, attributes } = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));
    for (const [attribute, texts] of Object.entries(attributes)) {
      assert.deepEqual(file.attribute(attribute), texts, attribute);
    }
    const found = listDatasets(file);
    for (const [path, address] of found) {
      file.visit(address);
      if (path in datasets) compareDataset(file, datasets[path], path);
      else assert.doesNotMatch(file.type, /^[<>|][bfiu]\d$/, `${path} is no number`);
    }
    const missing = Object.keys(datasets).filter((path) => !found.has(path));
    assert.deepEqual(missing, []);
  } finally {
    file.close();
  }
}

describe('every layout of HDF5', () => {
  test('gives the values that h5py reads', () => {
    const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
    assert.ok(names.length > 400, `${names.length} files`);
    for (const name of names.map((file) => file.slice(0, -5))) {
      try {
        compareFile(name);
      } catch (cause) {
        throw new Error(`${name}: ${/** @type {Error} */ (cause).message}`, { cause });
      }
    }
  });

  test('is refused by the name of a filter that cannot be undone', async () => {
    const file = open('scaleoffset.h5');
    file.visit(file.links.get('weights') ?? 0);
    await assertFails(
      () => file.part,
      'INVALID_MODEL',
      /filter 6 \(scaleoffset\); allowed: deflate/,
    );
    file.close();
  });

  test('is refused where its values are in other files', async () => {
    for (const [name, reason] of /** @type {const} */ ([
      ['external.h5', /has its values in other files/],
      ['virtual.h5', /virtual data set/],
    ])) {
      const file = open(name);
      file.visit(file.links.get('weights') ?? 0);
      await assertFails(() => file.part, 'INVALID_MODEL', reason);
      file.close();
    }
  });
});

describe('a damaged file', () => {
  /** Those of each layout, which are small. */
  const SAMPLES = ['numbers-latest', 'attributes-12-5000-latest', 'groups-60-earliest'];

  test('that is cut off says so', async () => {
    const bytes = readFileSync(join(folder, 'numbers-latest.h5'));
    for (const length of [0, 8, 47, 500, bytes.length - 1]) {
      const cut = bytes.subarray(0, length);
      await assertFails(() => new Hdf5(engine, cut), 'INVALID_MODEL', /cut off|no HDF5/);
    }
  });

  for (const name of SAMPLES) {
    test(`${name}: one wrong bit in a structure is seen or changes nothing but values`, () => {
      const bytes = new Uint8Array(readFileSync(join(folder, `${name}.h5`)));
      for (let i = 0; i < 600; i++) {
        const at = (i * 7919) % bytes.length;
        const broken = Uint8Array.from(bytes);
        broken[at] ^= 1 << (i % 8);
        readAll(broken);
      }
      assert.equal(engine.isUsable, true);
    });
  }

  /** @param {Uint8Array} bytes */
  function readAll(bytes) {
    try {
      const file = new Hdf5(engine, bytes);
      try {
        file.visit();
        file.attribute('model_config');
        for (const address of listDatasets(file).values()) {
          file.visit(address);
          const count = (file.shape ?? []).reduce((product, axis) => product * axis, 1);
          if (/^[<>|][bfiu]\d$/.test(file.type) && count < 1e5 && file.part > 0)
            readValues(file, count, Math.max(1, count));
        }
      } finally {
        file.close();
      }
    } catch (error) {
      assert.match(/** @type {any} */ (error).code, /^(INVALID_MODEL|TOO_LARGE)$/, String(error));
    }
  }
});

describe('a file that was made to cost much', () => {
  const CASES = {
    'deflate1.h5': /decompressed to its size/,
    'deflate2.h5': /decompressed to its size/,
    'sparse_1gb.h5': /array of 1073741824 bytes, but stores only/,
    'sparse_none.h5': /array of 1073741824 bytes, but stores only/,
    'btree_6levels.h5': /lead to each other more often/,
    'attr.h5': /values have no bytes/,
  };
  test('is refused within a second of work', () => {
    for (const [name, reason] of Object.entries(CASES)) {
      const start = process.cpuUsage();
      const { memorySize } = engine;
      assert.throws(
        () => readWeights(name),
        (/** @type {any} */ { code, message }) =>
          /^(INVALID_MODEL|TOO_LARGE)$/.test(code) && reason.test(message),
        name,
      );
      assert.ok(process.cpuUsage(start).user < 1e6, name);
      assert.ok(engine.memorySize - memorySize < 100 * 2 ** 20, name);
    }
  });

  /** @param {string} name */
  function readWeights(name) {
    const file = open(name);
    try {
      file.attribute('model_config');
      file.visit(file.find(file.links, 'weights') ?? 0);
      return file.part && readValues(file, 100, 100);
    } finally {
      file.close();
    }
  }
});
