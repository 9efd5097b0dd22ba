/** The classes that the names of folders name. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { truthsOf } from '../../web/demo/folder/truth.js';

const labels = ['Pug', 'golden retriever', 'crane, bird', 'crane, machine', 'café'];
const model = { labels, classCount: labels.length };

/** @param {string[]} folders */
const classes = (...folders) =>
  truthsOf(
    folders.map((folder) => `${folder}/a.png`),
    model,
  );

test('names are found in the forms in which people write them', () => {
  assert.deepEqual(classes('pug'), [[0]]);
  assert.deepEqual(classes('Golden_Retriever', 'golden-retriever'), [[1], [1]]);
  assert.deepEqual(classes('n02099601-golden_retriever', '003.Pug', '12 - pug'), [[1], [0], [0]]);
  assert.deepEqual(classes('Cafe'), [[4]]);
});

test('a name of several classes stands for all of them', () => {
  assert.deepEqual(classes('crane', 'crane, bird'), [[2, 3], [2]]);
});

test('the innermost folder with a name of a class counts', () => {
  assert.deepEqual(classes('pug/golden retriever', 'pug/2024'), [[1], [0]]);
});

test('other folders name no class, nor do the names of pictures', () => {
  assert.deepEqual(classes('pug', 'holidays'), [[0], undefined]);
  assert.deepEqual(truthsOf(['pug.png', 'a/pug.png'], model), [undefined, undefined]);
});

test('numbers are those of classes where all folders are numbers of classes', () => {
  assert.deepEqual(classes('0', '4'), [[0], [4]]);
  assert.deepEqual(classes('0', '5'), [undefined, undefined]);
  assert.deepEqual(classes('3'), [undefined]);
  assert.deepEqual(classes('1', 'pug'), [undefined, [0]]);
  assert.deepEqual(truthsOf(['1/a.png', '0/a.png'], { classCount: 2 }), [[1], [0]]);
});
