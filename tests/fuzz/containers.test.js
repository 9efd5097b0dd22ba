/**
 * Thousands of damaged model files: each is a model or a GradCamError, soon and with little memory.
 * FUZZ_SECONDS sets the time (default 30), FUZZ_FIRST the first case. A case is made from its
 * number alone: node tests/fuzz/containers.js 123 123 runs case 123.
 */

import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

import { root } from '../../wasm-build/tools.js';

const SECONDS = Number(process.env.FUZZ_SECONDS ?? 30);
const FIRST = Number(process.env.FUZZ_FIRST ?? 0);
/** A case that takes longer hangs. */
const HANG_SECONDS = 20;
const DELIVERY_SECONDS = 5;

/**
 * Runs cases in a process until the time is over, or until the process ends.
 * @param {number} first
 * @param {number} end time
 * @param {Map<string, number>} outcomes how many cases were refused with each code
 * @returns {Promise<{ next: number, bad: string[] }>} `next` is the case to go on with
 */
function runCases(first, end, outcomes) {
  return new Promise((resolve) => {
    const child = fork(join(root, 'tests/fuzz/containers.js'), [String(first)], {
      execArgv: ['--max-old-space-size=512'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    /** @type {string[]} */
    const bad = [];
    let [current, isStopped, errors] = [first, false, ''];
    const stop = () => {
      isStopped = true;
      child.kill('SIGKILL');
    };
    const hangs = () => (bad.push(`case ${current} hangs`), stop());
    // A machine that stood still lets the timer end before it delivers what the process has sent.
    const look = () => (watchdog = setTimeout(hangs, DELIVERY_SECONDS * 1000));
    let watchdog = setTimeout(look, HANG_SECONDS * 1000);
    child.stderr?.on('data', (data) => (errors = (errors + data).slice(-1000)));
    child.on('message', (/** @type {any} */ message) => {
      if (message.begun !== undefined) {
        current = message.begun;
        clearTimeout(watchdog);
        watchdog = setTimeout(look, HANG_SECONDS * 1000);
        return;
      }
      const code = message.code ?? 'a model';
      outcomes.set(code, (outcomes.get(code) ?? 0) + 1);
      if (message.bad) bad.push(`case ${message.done}: ${message.bad}`);
      if (Date.now() > end) stop();
    });
    child.on('exit', (status, signal) => {
      clearTimeout(watchdog);
      if (!isStopped) bad.push(`case ${current} ends the process (${status ?? signal}): ${errors}`);
      resolve({ next: current + 1, bad });
    });
  });
}

test(
  `damaged model files for ${SECONDS} s`,
  { timeout: (SECONDS + 60) * 1000 },
  async (context) => {
    const end = Date.now() + SECONDS * 1000;
    /** @type {Map<string, number>} */
    const outcomes = new Map();
    const bad = [];
    for (let next = FIRST; Date.now() < end && bad.length < 10;) {
      const result = await runCases(next, end, outcomes);
      bad.push(...result.bad);
      next = result.next;
    }
    context.diagnostic(JSON.stringify(Object.fromEntries(outcomes)));
    assert.deepEqual(bad, []);
    // Most files are refused, and some damage changes nothing.
    assert.ok((outcomes.get('INVALID_MODEL') ?? 0) > 100, 'files are refused');
    assert.ok((outcomes.get('a model') ?? 0) > 10, 'files are opened');
  },
);
