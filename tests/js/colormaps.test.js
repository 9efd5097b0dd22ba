// The colour maps are Matplotlib's.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { test } from 'node:test';
import { colormaps } from '../../wasm-build/colormaps.js';
import { readAssignment } from '../../wasm-build/python-literal.js';
import { root } from '../../wasm-build/tools.js';

const golden = `${root}/../shared/golden/colormaps.json`;
const skip = !fs.existsSync(golden) && !process.env.CI && `${golden} is not there`;

test('every colour is the recorded one', { skip }, () => {
  const { maps } = JSON.parse(fs.readFileSync(golden, 'utf8'));
  assert.deepEqual([...colormaps().keys()].sort(), Object.keys(maps).sort());
  // The record has nine digits. Where the value times 255 is within their error of a whole number,
  // they do not tell which side it truncates to.
  const error = 0.5e-9 * 255 * 1.01;
  for (const [name, colours] of colormaps()) {
    colours.forEach((colour, i) =>
      colour.forEach((byte, channel) => {
        const recorded = maps[name][i][channel] * 255;
        const lowest = Math.trunc(Math.max(recorded - error, 0));
        const highest = Math.trunc(recorded + error);
        assert.ok(lowest <= byte && byte <= highest, `${name}, colour ${i}: ${byte}, ${recorded}`);
      }),
    );
  }
});

test('every byte is the one that Matplotlib 3.11.2 computes', () => {
  // Of the bytes of (cmap(i) * 255).astype(uint8), RGB, of the maps in the order of their names.
  const computed = '2134fd80a2aae3dacff42df16f5f0e22910caf05d27040d9a7c9097216547817';
  const hash = createHash('sha256');
  const maps = colormaps();
  for (const name of [...maps.keys()].sort())
    hash.update(Uint8Array.from(maps.get(name)?.flat() ?? []));
  assert.equal(hash.digest('hex'), computed);
});

test('literals of Python are read, and nothing else is', () => {
  const source = "a = {'x': ((0., -1e-3), [2, ]),  # comment, )\n 'y': ()}\nb = f(1)\nc = (1 2)\n";
  assert.deepEqual(
    readAssignment(source, 'a'),
    new Map([
      ['x', [[0, -1e-3], [2]]],
      ['y', []],
    ]),
  );
  assert.throws(() => readAssignment(source, 'b'), /not a literal at character \d+: "f\(1\)/);
  assert.throws(() => readAssignment(source, 'c'), /not a literal/);
  assert.throws(() => readAssignment(source, 'd'), /no assignment to d/);
});
