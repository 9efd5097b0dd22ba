/**
 * The folders of the engine and of the package are floors. A folder uses only the floors below it,
 * and no files use each other in a circle. A new folder takes its place in one of the two lists.
 */

import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'acorn';
import { sourceFiles } from './source-files.js';

/** From the top down. The public header may be included by all. */
const SRC = 'api methods engine keras files ops kernels graph image base gradcam.h'.split(' ');

/** From the top down. The element uses the worker, which offers what index.js does. */
const PACKAGE = [
  ...['element', 'worker', 'page.js', 'index.js', 'model', 'metrics', 'attribution', 'pictures'],
  ...['architectures', 'files', 'engine', 'base'],
];

/** Headers that set-up makes or fetches, so that they are not in src/. */
const FROM_SETUP = ['colormaps.h', 'stb_image.h'];

/** @typedef {{ from: string, to: string }} Use the file `from` uses the file `to` */

/**
 * @param {Map<string, string>} files of C
 * @returns {Use[]} one for each #include "...", which is written from src/
 */
function includes(files) {
  return [...files].flatMap(([from, text]) =>
    [...text.matchAll(/^#include "(.*)"/gm)]
      .filter(([, name]) => !FROM_SETUP.includes(name))
      .map(([, name]) => ({ from, to: `src/${name}` })),
  );
}

/**
 * Calls count as well as includes, because a header may declare what several files define.
 * @param {Map<string, string>} files of C
 * @returns {Use[]} one for each function or record of the engine that another file defines
 */
function calls(files) {
  const bodies = [...files].filter(([name]) => name.endsWith('.c'));
  const definition = /^(?!static)[a-z][^#;{}()=]*?\b(gc_\w+)(?:\([^;{]*\) \{|(?:\[\])? = )/gm;
  const defined = bodies.map(([to, text]) => ({
    to,
    names: new Set([...text.matchAll(definition)].map(([, name]) => name)),
  }));
  return bodies.flatMap(([from, text]) => {
    const own = defined.find(({ to }) => to === from)?.names;
    const words = new Set(text.replace(/\/\*[^]*?\*\//g, '').match(/\bgc_\w+/g));
    const foreign = [...words].filter((word) => !own?.has(word));
    return defined
      .filter(({ names }) => foreign.some((word) => names.has(word)))
      .map(({ to }) => ({ from, to }));
  });
}

/**
 * Types in JSDoc do not count. They are gone when a module runs, and two modules may describe each
 * other's values.
 * @param {Map<string, string>} files of JavaScript
 * @returns {Use[]} one for each static or dynamic import of another file
 */
function imports(files) {
  return [...files].flatMap(([from, text]) => {
    /** @type {Use[]} */
    const found = [];
    const visit = (/** @type {any} */ node) => {
      if (!node || typeof node !== 'object') return;
      const address = /^(Import|Export)/.test(node.type) ? node.source?.value : undefined;
      if (typeof address === 'string' && address.startsWith('.')) {
        found.push({ from, to: path.join(path.dirname(from), address) });
      }
      for (const child of Object.values(node)) visit(child);
    };
    visit(parse(text, { ecmaVersion: 'latest', sourceType: 'module' }));
    return found;
  });
}

/**
 * The uses that go up.
 * @param {Use[]} uses
 * @param {string} house the folder of the floors
 * @param {string[]} floors from the top down
 */
function climbing(uses, house, floors) {
  const floor = (/** @type {string} */ file) => {
    const name = path.relative(house, file).split(path.sep)[0];
    assert.ok(floors.includes(name), `${file} is on no floor of ${house}`);
    return floors.indexOf(name);
  };
  const inside = uses.filter(({ from, to }) => [from, to].every((file) => file.startsWith(house)));
  return inside.filter(({ from, to }) => floor(to) < floor(from));
}

/**
 * The files of a circle, or null.
 * @param {Use[]} uses
 * @param {(file: string) => string} unit what counts as one file
 */
function circle(uses, unit = (file) => file) {
  /** @type {Map<string, Set<string>>} */
  const used = new Map();
  for (const [from, to] of uses.map((use) => [unit(use.from), unit(use.to)])) {
    if (from !== to) used.set(from, (used.get(from) ?? new Set()).add(to));
  }
  const done = new Set();
  /** @type {(file: string, way: string[]) => string[] | null} */
  const visit = (file, way) => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    if (done.has(file)) return null;
    for (const next of used.get(file) ?? []) {
      const found = visit(next, [...way, file]);
      if (found) return found;
    }
    done.add(file);
    return null;
  };
  for (const file of used.keys()) {
    const found = visit(file, []);
    if (found) return found;
  }
  return null;
}

/** A source file and its header are one. @param {string} file */
const withHeader = (file) => file.replace(/\.[ch]$/, '');

describe('src', () => {
  const files = sourceFiles(['src'], /\.[ch]$/);

  test('every include is written from src/', () => {
    const unknown = includes(files).filter(({ to }) => !files.has(to));
    assert.deepEqual(unknown, []);
  });

  test('no include and no call goes up', () => {
    assert.deepEqual(climbing([...includes(files), ...calls(files)], 'src', SRC), []);
  });

  test('no files form a circle', () => {
    assert.equal(circle([...includes(files), ...calls(files)], withHeader), null);
  });
});

describe('JavaScript', () => {
  const files = sourceFiles(['web', 'wasm-build', 'models', 'bench', 'tests'], /\.m?js$/);

  test('no import in the package goes up', () => {
    assert.deepEqual(climbing(imports(files), 'web/package', PACKAGE), []);
  });

  test('no files form a circle', () => assert.equal(circle(imports(files)), null));
});

describe('the test itself finds', () => {
  const c = new Map([
    ['src/ops/relu.c', '#include "ops/ops.h"\ngc_status gc_relu(int x) {\n    gc_run();\n}\n'],
    ['src/engine/run.c', '#include "ops/ops.h"\nvoid gc_run(void) {\n    gc_relu(1);\n}\n'],
    ['src/ops/ops.h', 'gc_status gc_relu(int x);\n'],
  ]);

  test('an include that goes up', () => {
    const up = new Map([['src/base/a.c', '#include "gradcam.h"\n#include "ops/ops.h"\n']]);
    const found = climbing(includes(up), 'src', SRC);
    assert.deepEqual(found, [{ from: 'src/base/a.c', to: 'src/ops/ops.h' }]);
  });

  test('a call that goes up, and the circle of two calls', () => {
    assert.deepEqual(climbing(includes(c), 'src', SRC), []);
    const found = climbing(calls(c), 'src', SRC);
    assert.deepEqual(found, [{ from: 'src/ops/relu.c', to: 'src/engine/run.c' }]);
    assert.deepEqual(circle(calls(c), withHeader)?.length, 3);
    assert.equal(circle(includes(c), withHeader), null);
  });

  test('a circle through a header', () => {
    const uses = [
      { from: 'src/ops/a.c', to: 'src/ops/b.h' },
      { from: 'src/ops/b.c', to: 'src/ops/a.h' },
    ];
    assert.equal(circle(uses), null);
    assert.deepEqual(circle(uses, withHeader), ['src/ops/a', 'src/ops/b', 'src/ops/a']);
  });

  test('a folder without a floor', () => {
    const uses = [{ from: 'src/cellar/a.c', to: 'src/base/error.h' }];
    assert.throws(() => climbing(uses, 'src', SRC), /src\/cellar\/a\.c is on no floor/);
  });

  test('imports of every kind, but no types', () => {
    const text = `
      import { a } from '../model/a.js';
            export * from './b.js';
      /** @type {import('../worker/c.js').C} */
      const c = () => import('./d.js');`;
    const found = imports(new Map([['web/package/base/x.js', text]]));
    const to = ['../model/a.js', 'b.js', 'd.js'].map((name) => path.join('web/package/base', name));
    assert.deepEqual(
      found.map((use) => use.to),
      to,
    );
    assert.equal(climbing(found, 'web/package', PACKAGE).length, 1);
  });
});
