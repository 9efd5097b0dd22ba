// A reader of pickles that executes nothing. A pickle is a program for a stack machine. In Python
// it can call any function. Here it can make maps, lists, texts and numbers. The caller lists the
// names that a pickle may call, and says what a call gives. Every other instruction or name is
// refused.

/** A name in a pickle. Python takes it for a class or function, this reader for a text. */
export class Name {
  /** @param {string} text module and name, "collections OrderedDict" */
  constructor(text) {
    this.text = text;
  }
}

/**
 * The meaning of names, given by the caller.
 * @typedef {object} Meaning
 * @property {readonly string[]} names the names that are allowed
 * @property {(name: string, args: unknown[]) => unknown} call gives the value of a call
 * @property {(id: unknown) => unknown} persistent gives data that lie outside of the pickle
 */

/** Marks the start of a list of arguments or items on the stack. */
const MARK = Symbol('mark');

/** A broken file must not fill the memory. */
const MAX_DEPTH = 100_000;

/**
 * Reads one pickle of protocol 2.
 * @param {Uint8Array} bytes
 * @param {number} offset of its first byte
 * @param {Meaning} meaning
 * @returns {{ value: unknown, end: number }} maps are Maps, lists and tuples are arrays, long
 *   integers are BigInts, and `end` is the offset after the pickle
 */
export function readPickle(bytes, offset, meaning) {
  const machine = new Machine(bytes, offset, meaning);
  while (!machine.isDone) machine.step();
  return { value: machine.pop(), end: machine.offset };
}

class Machine {
  isDone = false;
  /** @type {unknown[]} */
  #stack = [];
  /** @type {Map<number, unknown>} */
  #memo = new Map();
  #view;

  /**
   * @param {Uint8Array} bytes
   * @param {number} offset
   * @param {Meaning} meaning
   */
  constructor(bytes, offset, meaning) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.bytes = bytes;
    this.offset = offset;
    this.meaning = meaning;
  }

  step() {
    const start = this.offset;
    const code = this.uint8();
    const instruction = INSTRUCTIONS.get(code);
    if (!instruction) {
      throw new Error(`byte ${start}: instruction 0x${code.toString(16)} is not allowed`);
    }
    instruction(this);
    if (this.#stack.length > MAX_DEPTH) throw new Error(`byte ${start}: too much on the stack`);
  }

  /** @param {number} length */
  take(length) {
    const start = this.offset;
    if (start + length > this.bytes.length) throw new Error('the pickle is cut off');
    this.offset += length;
    return start;
  }

  uint8() {
    return this.#view.getUint8(this.take(1));
  }

  uint16() {
    return this.#view.getUint16(this.take(2), true);
  }

  int32() {
    return this.#view.getInt32(this.take(4), true);
  }

  uint32() {
    return this.#view.getUint32(this.take(4), true);
  }

  /** A signed integer of up to 255 bytes. */
  long() {
    const length = this.uint8();
    const start = this.take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.bytes[start + i]);
    return BigInt.asIntN(8 * length, value);
  }

  /** @param {number} length in bytes */
  text(length) {
    const start = this.take(length);
    return new TextDecoder('utf-8', { fatal: true }).decode(
      this.bytes.subarray(start, start + length),
    );
  }

  /** A text that ends at the end of its line. */
  line() {
    const end = this.bytes.indexOf(0x0a, this.offset);
    if (end < 0) throw new Error('the pickle is cut off');
    const text = this.text(end - this.offset);
    this.offset++;
    return text;
  }

  /** @param {unknown} value */
  push(value) {
    this.#stack.push(value);
  }

  /** @returns {unknown} */
  pop() {
    if (this.#stack.length === 0 || this.top() === MARK) throw new Error('the stack is empty');
    return this.#stack.pop();
  }

  top() {
    return this.#stack[this.#stack.length - 1];
  }

  /** Takes the values above the last mark, and the mark, off the stack. */
  popToMark() {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) throw new Error('there is no mark on the stack');
    const values = this.#stack.splice(mark);
    return values.slice(1);
  }

  /** @param {number} count */
  popTuple(count) {
    return Array.from({ length: count }, () => this.pop()).reverse();
  }

  /** @param {number} index */
  put(index) {
    this.#memo.set(index, this.top());
  }

  /** @param {number} index */
  get(index) {
    if (!this.#memo.has(index)) throw new Error(`nothing is remembered as ${index}`);
    this.push(this.#memo.get(index));
  }

  /** @param {unknown[]} items keys and values in turn, for the map on top */
  setItems(items) {
    const map = this.top();
    if (!(map instanceof Map) || items.length % 2 !== 0) throw new Error('items without a map');
    for (let i = 0; i < items.length; i += 2) {
      if (typeof items[i] !== 'string') throw new Error('a key of a map is no text');
      map.set(items[i], items[i + 1]);
    }
  }

  /** @param {unknown[]} items for the list on top */
  append(items) {
    const list = this.top();
    if (!Array.isArray(list)) throw new Error('items without a list');
    list.push(...items);
  }

  global() {
    const name = `${this.line()} ${this.line()}`;
    if (!this.meaning.names.includes(name)) throw new Error(`the name "${name}" is not allowed`);
    this.push(new Name(name));
  }

  reduce() {
    const [name, args] = this.popTuple(2);
    if (!(name instanceof Name) || !Array.isArray(args)) throw new Error('a call without a name');
    this.push(this.meaning.call(name.text, args));
  }

  /** Reads attributes for a map, which have no use here. */
  build() {
    const state = this.pop();
    if (!(state instanceof Map && this.top() instanceof Map)) {
      throw new Error('attributes for something other than a map');
    }
  }
}

/** @type {Map<number, (machine: Machine) => void>} by opcode, named as in Python's pickletools */
const INSTRUCTIONS = new Map([
  [0x80, proto],
  [0x2e, (m) => (m.isDone = true)], // STOP
  [0x8a, (m) => m.push(m.long())], // LONG1
  [0x4a, (m) => m.push(m.int32())], // BININT
  [0x4b, (m) => m.push(m.uint8())], // BININT1
  [0x4d, (m) => m.push(m.uint16())], // BININT2
  [0x4e, (m) => m.push(null)], // NONE
  [0x88, (m) => m.push(true)], // NEWTRUE
  [0x89, (m) => m.push(false)], // NEWFALSE
  [0x58, (m) => m.push(m.text(m.uint32()))], // BINUNICODE
  [0x7d, (m) => m.push(new Map())], // EMPTY_DICT
  [0x5d, (m) => m.push([])], // EMPTY_LIST
  [0x29, (m) => m.push([])], // EMPTY_TUPLE
  [0x28, (m) => m.push(MARK)], // MARK
  [0x74, (m) => m.push(m.popToMark())], // TUPLE
  [0x85, (m) => m.push(m.popTuple(1))], // TUPLE1
  [0x86, (m) => m.push(m.popTuple(2))], // TUPLE2
  [0x73, (m) => m.setItems(m.popTuple(2))], // SETITEM
  [0x75, (m) => m.setItems(m.popToMark())], // SETITEMS
  [0x65, (m) => m.append(m.popToMark())], // APPENDS
  [0x71, (m) => m.put(m.uint8())], // BINPUT
  [0x72, (m) => m.put(m.uint32())], // LONG_BINPUT
  [0x68, (m) => m.get(m.uint8())], // BINGET
  [0x6a, (m) => m.get(m.uint32())], // LONG_BINGET
  [0x63, (m) => m.global()], // GLOBAL
  [0x52, (m) => m.reduce()], // REDUCE
  [0x62, (m) => m.build()], // BUILD
  [0x51, (m) => m.push(m.meaning.persistent(m.pop()))], // BINPERSID
]);

/** @param {Machine} machine */
function proto(machine) {
  const version = machine.uint8();
  if (version !== 2) throw new Error(`a pickle of protocol ${version}, not 2`);
}
