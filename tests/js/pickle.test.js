/** What the readers that set-up uses on foreign packages take, and what they refuse. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readPickle } from '../../models/convert/pickle.js';
import { readTorchFile } from '../../models/convert/torch-file.js';
import { readLiteralAfter } from '../../wasm-build/javascript-literal.js';

const NOTHING = { names: [], call: () => null, persistent: () => null };

/**
 * A pickle of protocol 2.
 * @param {(number | string)[]} parts opcodes and texts
 */
function pickle(...parts) {
  const body = parts.map((part) =>
    typeof part === 'number' ? Buffer.of(part) : Buffer.from(part, 'latin1'),
  );
  return Buffer.concat([Buffer.of(0x80, 2), ...body, Buffer.from('.')]);
}

/** @param {string} value */
const unicode = (value) => {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(value.length);
  return `X${length.toString('latin1')}${value}`;
};

/**
 * @param {number} value
 * @returns {string}
 */
const int = (value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return `J${bytes.toString('latin1')}`;
};

describe('pickles', () => {
  /** @type {[what: string, bytes: Buffer, value: unknown][]} */
  const good = [
    ['numbers', pickle('(K', 7, 'M', 1, 2, int(-5), 't'), [7, 513, -5]],
    ['a long', pickle(0x8a, 2, 0xff, 0xff), -1n],
    ['an empty long', pickle(0x8a, 0), 0n],
    ['constants', pickle('(N', 0x88, 0x89, 't'), [null, true, false]],
    [
      'a map',
      pickle('}(', unicode('a'), 'K', 1, unicode('b'), 'K', 2, 'u'),
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
    ],
    ['memory', pickle(']q', 3, '(K', 1, 'h', 3, 'K', 2, 'e'), undefined],
    ['tuples', pickle('K', 1, 0x85, 'K', 2, 0x86), [[1], 2]],
  ];
  for (const [what, bytes, value] of good) {
    test(what, () => {
      const { value: actual, end } = readPickle(bytes, 0, NOTHING);
      if (value !== undefined) assert.deepEqual(actual, value);
      assert.equal(end, bytes.length);
    });
  }

  /** @type {[what: string, bytes: Buffer, message: RegExp][]} */
  const bad = [
    [
      'a call of the system',
      pickle('cos\nsystem\n', unicode('ls'), 0x85, 'R'),
      /"os system" is not allowed/,
    ],
    ['an instance', pickle('(ios\nsystem\n'), /0x69 is not allowed/],
    ['an object made anew', pickle('N', 0x81), /0x81 is not allowed/],
    ['a text of protocol 0', pickle("S'x'\n"), /0x53 is not allowed/],
    ['another protocol', Buffer.of(0x80, 4, 0x4e, 0x2e), /protocol 4/],
    ['an empty stack', pickle('R'), /stack is empty/],
    ['a mark where a value should be', pickle('(', 0x85), /stack is empty/],
    ['no mark', pickle('t'), /no mark/],
    ['nothing remembered', pickle('h', 9), /nothing is remembered as 9/],
    ['a call of no name', pickle('K', 1, ')R'), /call without a name/],
    ['items for a number', pickle('K', 1, unicode('a'), 'K', 1, 's'), /items without a map/],
    ['a number as key', pickle('}K', 1, 'K', 1, 's'), /key of a map is no text/],
    ['half a pair', pickle('}(', unicode('a'), 'u'), /items without a map/],
    ['attributes of a number', pickle('K', 1, '}b'), /attributes/],
    ['a text that is cut off', Buffer.from('\x80\x02X\xff\xff\xff\x7fabc', 'latin1'), /cut off/],
    ['no end', Buffer.of(0x80, 2, 0x4e), /cut off/],
    ['a name without its line', Buffer.from('\x80\x02cos', 'latin1'), /cut off/],
    ['marks without end', pickle('('.repeat(200000)), /too much on the stack/],
  ];
  for (const [what, bytes, message] of bad) {
    test(`refuses ${what}`, () => assert.throws(() => readPickle(bytes, 0, NOTHING), message));
  }
});

/**
 * A file of torch.save with one tensor.
 * @param {object} [changes]
 * @param {string} [changes.type]
 * @param {string} [changes.device]
 * @param {number} [changes.count] elements of the storage, as the state says
 * @param {number} [changes.stored] the same, as its data say
 * @param {number} [changes.values] elements that follow
 * @param {string} [changes.offset] of the tensor in its storage, a part of a pickle
 * @param {string} [changes.key] in the list of storages
 * @param {string} [changes.magic]
 */
function torchFile({
  type = 'FloatStorage',
  device = 'cpu',
  count = 2,
  stored = count,
  values = count,
  offset = 'K\0',
  key = 'k',
  magic = '\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19',
} = {}) {
  const names = `(${unicode('storage')}ctorch\n${type}\n${unicode('k')}${unicode(device)}`;
  const storage = `${names}${int(count)}NtQ`;
  const dictionary = 'ccollections\nOrderedDict\n)R';
  const layout = `${offset}(${int(count)}t(K\x01t\x89${dictionary}`;
  const tensor = `ctorch._utils\n_rebuild_tensor_v2\n(${storage}${layout}tR`;
  const data = Buffer.alloc(8 + 4 * values);
  data.writeBigInt64LE(BigInt(stored));
  for (let i = 0; i < values; i++) data.writeFloatLE(i + 0.5, 8 + 4 * i);
  return Buffer.concat([
    pickle(magic),
    pickle(int(1001)),
    pickle('}', unicode('little_endian'), 0x88, 's'),
    pickle(dictionary, unicode('w'), tensor, 's'),
    pickle('](', unicode(key), 'e'),
    data,
  ]);
}

describe('files of torch.save', () => {
  test('give their tensors', () => {
    const tensor = readTorchFile(torchFile()).get('w');
    assert.deepEqual(tensor?.size, [2]);
    assert.deepEqual([...(tensor?.storage ?? [])], [0.5, 1.5]);
  });

  /** @type {[what: string, changes: Parameters<typeof torchFile>[0], message: RegExp][]} */
  const bad = [
    ['another magic number', { magic: '\x8a\x01\x05' }, /not a file of torch\.save/],
    ['another kind of storage', { type: 'HalfStorage' }, /"torch HalfStorage" is not allowed/],
    ['another device', { device: 'cuda:0' }, /storage on the CPU/],
    ['a tensor that begins later', { offset: 'K\x01' }, /arguments that are not allowed/],
    ['another number of elements', { stored: 3 }, /has 3 elements, not 2/],
    ['a negative number of elements', { count: -1, values: 0 }, /storage on the CPU/],
    ['elements that are cut off', { values: 1 }, /cut off/],
    ['elements left over', { values: 3 }, /4 bytes are left over/],
    ['a storage of no tensor', { key: 'other' }, /no tensor has the storage other/],
    ['more elements than bytes', { count: 2 ** 30, values: 2 }, /cut off/],
  ];
  for (const [what, changes, message] of bad) {
    test(`refuse ${what}`, () => assert.throws(() => readTorchFile(torchFile(changes)), message));
  }

  test('are refused when cut off anywhere', () => {
    const file = torchFile();
    for (let length = 0; length < file.length; length++) {
      assert.throws(() => readTorchFile(file.subarray(0, length)), `at ${length}`);
    }
  });
});

describe('literals of JavaScript', () => {
  test('give their values', () => {
    const source = `x={a:[1,-.5,2e3,],'b c':"it\\'s" +\n 'so', $d:!0, e:!1, 7:null, f:{}}`;
    const value = { 7: null, a: [1, -0.5, 2000], 'b c': "it'sso", $d: true, e: false, f: {} };
    assert.deepEqual(readLiteralAfter(source, 'x='), value);
  });

  for (const source of ['f()', '[1 2]', '{a}', '{a:b}', '"x', '`x`', '1+1', '["\\u0041"]']) {
    test(`refuse ${source}`, () => assert.throws(() => readLiteralAfter(`x=[${source}]`, 'x=')));
  }
});
