/** A real Firefox, headless, driven over WebDriver BiDi (https://w3c.github.io/webdriver-bidi/). */

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import WebSocket from 'ws';
import { firefoxNames as NAMES, which } from '../../wasm-build/tools.js';

const path = NAMES.map(which).find((file) => file !== null);

/**
 * Why tests in Firefox are skipped, if there is no Firefox. In CI they are not skipped, and fail.
 */
export const SKIP =
  !path && !process.env.CI && `no Firefox on this machine: looked for ${NAMES.join(', ')}`;

/** How long Firefox may take to listen, in milliseconds. */
const PATIENCE = 60_000;

/** How long it may take to end, all pages closed. */
const PATIENCE_AT_END = 10_000;

/** Firefox with one page. */
export class Firefox {
  /** @type {import('node:child_process').ChildProcess} */
  #process;
  #profile;
  /** @type {WebSocket} */
  #socket;
  /** @type {Map<number, { resolve: (result: any) => void, reject: (error: Error) => void }>} */
  #commands = new Map();
  #lastId = 0;
  #context = '';

  /**
   * @param {import('node:child_process').ChildProcess} process
   * @param {string} profile its folder
   * @param {WebSocket} socket
   */
  constructor(process, profile, socket) {
    this.#process = process;
    this.#profile = profile;
    this.#socket = socket;
    socket.on('message', (data) => this.#receive(JSON.parse(String(data))));
    socket.on('close', () => {
      for (const { reject } of this.#commands.values()) reject(new Error('Firefox has ended'));
    });
  }

  /** @param {Record<string, unknown>} [preferences] those of about:config */
  static async launch(preferences = {}) {
    if (!path) throw new Error(`install Firefox: none of ${NAMES.join(', ')} is on the PATH`);
    const profile = mkdtempSync(join(tmpdir(), 'firefox-'));
    const lines = Object.entries(preferences).map((entry) => {
      return `user_pref(${JSON.stringify(entry).slice(1, -1)});\n`;
    });
    if (lines.length > 0) writeFileSync(join(profile, 'user.js'), lines.join(''));
    const args = [
      '--headless',
      '--no-remote',
      '--profile',
      profile,
      '--remote-debugging-port',
      '0',
    ];
    const process = spawn(path, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const socket = new WebSocket(`${await findAddress(process)}/session`);
    await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
    const firefox = new Firefox(process, profile, socket);
    await firefox.#send('session.new', { capabilities: {} });
    const { contexts } = await firefox.#send('browsingContext.getTree', {});
    firefox.#context = contexts[0].context;
    return firefox;
  }

  /** @param {string} url */
  async open(url) {
    await this.#send('browsingContext.navigate', { context: this.#context, url, wait: 'complete' });
  }

  /**
   * Calls a function in the page.
   * @param {string} text the name of one that is global there, or a function as text, in brackets
   * @param {...unknown} args that JSON can hold, as the result
   * @returns {Promise<any>}
   */
  async call(text, ...args) {
    const { result, exceptionDetails } = await this.#send('script.callFunction', {
      functionDeclaration: `async (args) => JSON.stringify(await ${text}(...JSON.parse(args)))`,
      arguments: [{ type: 'string', value: JSON.stringify(args) }],
      target: { context: this.#context },
      awaitPromise: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.text);
    return JSON.parse(result.value);
  }

  async close() {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), PATIENCE_AT_END);
    await this.#send('browser.close', {}).catch(() => this.#process.kill());
    await ended;
    clearTimeout(timer);
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }

  /**
   * @param {string} method
   * @param {object} params
   * @returns {Promise<any>}
   */
  #send(method, params) {
    const id = ++this.#lastId;
    this.#socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve, reject) => this.#commands.set(id, { resolve, reject }));
  }

  /**
   * @param {{ id?: number, type: string, result?: unknown, error?: string, message?: string }}
   *   answer
   */
  #receive({ id = 0, type, result, error, message }) {
    const command = this.#commands.get(id);
    this.#commands.delete(id);
    if (type === 'error') command?.reject(new Error(`${error}: ${message}`));
    else command?.resolve(result);
  }
}

/**
 * The address that Firefox says it listens at.
 * @param {import('node:child_process').ChildProcess} process
 * @returns {Promise<string>}
 */
function findAddress(process) {
  return new Promise((resolve, reject) => {
    let text = '';
    const stop = () => {
      clearTimeout(timer);
      process.off('exit', onExit);
      // What Firefox goes on to write has to be read, lest it wait for that.
      process.stderr?.off('data', onData).resume();
    };
    const fail = (/** @type {string} */ reason) => {
      stop();
      process.kill();
      reject(new Error(`Firefox ${reason}: ${text}`));
    };
    const onExit = () => fail('has ended');
    const onData = (/** @type {Buffer} */ chunk) => {
      text += chunk;
      const address = /WebDriver BiDi listening on (ws:\/\/\S+)/.exec(text)?.[1];
      if (!address) return;
      stop();
      resolve(address);
    };
    const timer = setTimeout(() => fail('does not listen'), PATIENCE);
    process.once('exit', onExit);
    process.stderr?.on('data', onData);
  });
}
