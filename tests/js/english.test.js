/**
 * The English of comments: one thought a sentence. A sentence with a semicolon or a colon inside
 * mostly holds two thoughts, and some words ask the reader to guess. CONTRIBUTING.md says more.
 */

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from './fixtures.js';

/** The share of sentences that may have a semicolon or a colon inside. */
const LARGEST_SHARE = 0.1;

const UNCLEAR = /\b(for who|of one's own|nobody|way back|taken apart|who asks)\b/i;

/**
 * Sentences of the block comments of a C file. Lines that are set as a table or a formula are left
 * out, and the sentence before them ends there.
 * @param {string} code
 * @returns {string[]}
 */
export function sentencesOf(code) {
  return [...code.matchAll(/\/\*(.*?)\*\//gs)].flatMap(([, comment]) => {
    const lines = comment.split('\n').map((line) => line.replace(/^\s*\*( |$)/, ''));
    const isSet = (/** @type {string} */ line) =>
      (lines.length > 1 && /^\s{2,}/.test(line)) || /\S {3,}\S/.test(line);
    const text = lines.map((line) => (isSet(line) ? '\n' : line.trim())).join(' ');
    return text.split(/(?<=[.!?])\s+|\n/).filter((part) => /[a-z]{3}.* .*[a-z]{2}/.test(part));
  });
}

/** @param {string} sentence */
function hasTwoThoughts(sentence) {
  return /[;:]\s/.test(sentence.trim().replace(/[;:]$/, ''));
}

/**
 * @param {string} folder
 * @param {RegExp} kinds
 */
function filesOf(folder, kinds) {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => kinds.test(name)).map((name) => join(folder, name));
}

test('sentences are found, but not tables', () => {
  const code = `/* Here is one thought. Two thoughts; both short.
 *   a, b   a table: of two
 * And the end: here. */`;
  const sentences = sentencesOf(code).map((sentence) => sentence.trim());
  assert.deepEqual(sentences, [
    'Here is one thought.',
    'Two thoughts; both short.',
    'And the end: here.',
  ]);
  assert.deepEqual(sentences.map(hasTwoThoughts), [false, true, true]);
});

test('a sentence of a C comment holds one thought', () => {
  const sentences = filesOf('src', /\.[ch]$/).flatMap((file) =>
    sentencesOf(readFileSync(join(ROOT, file), 'utf8')),
  );
  const share = sentences.filter(hasTwoThoughts).length / sentences.length;
  assert.ok(sentences.length > 1000, `only ${sentences.length} sentences`);
  assert.ok(share < LARGEST_SHARE, `${(100 * share).toFixed(1)}% hold a semicolon or a colon`);
});

test('no file uses the words that ask the reader to guess', () => {
  const files = ['src', 'web', 'models', 'wasm-build', 'bench', 'examples', 'docs'].flatMap(
    (folder) => filesOf(folder, /\.([ch]|js|jsx|html|css|md)$/),
  );
  const found = files.filter((file) => UNCLEAR.test(readFileSync(join(ROOT, file), 'utf8')));
  assert.deepEqual(found, []);
});
