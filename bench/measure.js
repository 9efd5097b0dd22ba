/** Tasks timed in turn, and what their times say. Runs in Node and in a page alike. */

/**
 * @typedef {object} Task
 * @property {(round: number) => unknown} [before] what must be done first, untimed
 * @property {(round: number) => unknown} run what is timed; may return a promise
 */

/** How much the median of the second half of the rounds may differ from that of the first. */
const STEADY = 1.25;

/**
 * Runs every task once a round, so that a machine whose speed drifts slows all alike; each round
 * begins with another task, so that none always follows the same one.
 * @param {Record<string, Task>} tasks
 * @param {number} rounds
 * @param {(text: string) => void} progress
 * @param {number} [warmUp] rounds before, which are not counted. In them weights are packed and
 *   code is optimised. A large module needs many, because it is optimised in the background
 * @returns {Promise<Record<string, number[]>>} milliseconds by task
 */
export async function measure(tasks, rounds, progress, warmUp = 5) {
  const names = Object.keys(tasks);
  /** @type {Record<string, number[]>} */
  const times = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = -warmUp; round < rounds; round++) {
    for (let i = 0; i < names.length; i++) {
      const name = names[(i + round + warmUp) % names.length];
      const task = tasks[name];
      await task.before?.(round + warmUp);
      const start = performance.now();
      await task.run(round + warmUp);
      const time = performance.now() - start;
      if (round >= 0) times[name].push(time);
    }
    if (round >= 0 && (round + 1) % 10 === 0) progress(`round ${round + 1} of ${rounds}`);
  }
  return times;
}

/**
 * @param {number[]} values
 * @param {number} part 0 .. 1
 */
export function quantile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.round(part * (sorted.length - 1))];
}

/** @param {number[]} values */
export const median = (values) => quantile(values, 0.5);

/**
 * Whether the times are of one kind. They are not if code was still being optimised, or if the
 * machine got busy. Their median says little then.
 * @param {number[]} times in the order of the rounds
 */
export function isSteady(times) {
  const half = times.length >> 1;
  const change = median(times.slice(half)) / median(times.slice(0, half));
  return change <= STEADY && 1 / change <= STEADY;
}

/**
 * How much longer one task takes than another, as the median of the rounds' ratios. A machine that
 * slows down for some rounds does not change it.
 * @param {number[]} times
 * @param {number[]} others of the same rounds
 */
export function ratio(times, others) {
  return median(times.map((time, round) => time / others[round]));
}
