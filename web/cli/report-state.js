/**
 * The file in which a report grows: a line with the settings, and a line for each picture that is
 * done. Memory holds where a line lies, and what pictures are ordered by. A later call goes on.
 */

import { createReadStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { GradCamError } from '../package/index.js';
import { cannot } from './write.js';

/** @import { FileHandle } from 'node:fs/promises' */

/**
 * What is known of a picture, as JSON.
 * @typedef {object} PictureRecord
 * @property {string} key which file it was, and when it was changed
 * @property {string} name
 * @property {number} index of the class with the highest score
 * @property {string} label
 * @property {number} score
 * @property {number | null} truth index of the class that the folder names
 * @property {string | null} truthLabel
 * @property {{ label: string, score: number }[]} top
 * @property {string} explained the class, the layer and the method of the map
 * @property {string[]} sentences
 * @property {string[]} warnings
 * @property {{ width: number, height: number }} size of the pictures
 * @property {string} plain the picture as base64 of a JPEG file
 * @property {string} map the picture with the map, likewise
 */

/**
 * A line of the file, and what its picture is ordered and counted by.
 * @typedef {Pick<PictureRecord, 'index' | 'label' | 'score' | 'truth' | 'truthLabel'>
 *   & { key: string, offset: number, length: number }} Place
 */

export class ReportState {
  /** @type {Map<string, Place>} */
  places = new Map();
  #file;
  #path;
  #size = 0;

  /**
   * @param {FileHandle} file
   * @param {string} path
   */
  constructor(file, path) {
    this.#file = file;
    this.#path = path;
  }

  /**
   * Begins a file, or opens the one of a call that was stopped.
   * @param {string} path
   * @param {object} settings as JSON
   * @param {boolean} force whether a file of other settings is dropped
   */
  static async open(path, settings, force) {
    const file = await open(path, 'a+').catch((cause) => {
      throw cannot(`write ${path}`, cause);
    });
    const state = new ReportState(file, path);
    const known = await state.#read();
    if (known && !isDeepStrictEqual(known, JSON.parse(JSON.stringify(settings)))) {
      if (!force) {
        await file.close();
        const cure = '--force begins anew';
        throw new GradCamError('INVALID_ARGUMENT', `${path} is of other settings; ${cure}`);
      }
      state.places.clear();
      state.#size = 0;
    }
    // A line that was cut off goes.
    await file.truncate(state.#size);
    if (state.#size === 0) await state.#append(settings);
    return state;
  }

  /** Reads the lines that are whole, and returns the first one. */
  async #read() {
    let settings;
    let rest = Buffer.alloc(0);
    for await (const chunk of createReadStream(this.#path)) {
      rest = Buffer.concat([rest, chunk]);
      for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
        const line = this.#parse(rest.subarray(0, end).toString());
        if (settings) this.#place(line, end);
        settings ??= line;
        this.#size += end + 1;
        rest = rest.subarray(end + 1);
      }
    }
    return settings;
  }

  /** @param {string} line */
  #parse(line) {
    try {
      return JSON.parse(line);
    } catch (cause) {
      const text = `${this.#path} is not the beginning of a report`;
      throw new GradCamError('INVALID_ARGUMENT', text, { cause });
    }
  }

  /**
   * @param {PictureRecord} record
   * @param {number} length
   */
  #place({ key, index, label, score, truth, truthLabel }, length) {
    const place = { key, index, label, score, truth, truthLabel, offset: this.#size, length };
    this.places.set(key, place);
  }

  /** @param {object} value */
  async #append(value) {
    const line = Buffer.from(`${JSON.stringify(value)}\n`);
    await this.#file.appendFile(line).catch((cause) => {
      throw cannot(`write ${this.#path}`, cause);
    });
    this.#size += line.length;
    return line.length - 1;
  }

  /** @param {PictureRecord} record */
  async add(record) {
    const offset = this.#size;
    const length = await this.#append(record);
    const { key, index, label, score, truth, truthLabel } = record;
    this.places.set(key, { key, index, label, score, truth, truthLabel, offset, length });
  }

  /**
   * @param {Place} place
   * @returns {Promise<PictureRecord>}
   */
  async record({ offset, length }) {
    const bytes = Buffer.alloc(length);
    await this.#file.read(bytes, 0, length, offset);
    return JSON.parse(bytes.toString());
  }

  async close() {
    await this.#file.close();
  }

  async remove() {
    await this.close();
    await rm(this.#path, { force: true });
  }
}
