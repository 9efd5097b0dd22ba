/** The page of `npm run bench -- --serve`: runs the comparison, shows it and hands it out. */

import { GOALS, forwardOf } from './goals.js';
import { median, quantile, ratio } from './measure.js';
import { runInPage } from './page-host.js';

/** @typedef {import('./goals.js').Result} Result */

/** @param {string} id */
const find = (id) => /** @type {any} */ (document.getElementById(id));

/**
 * @param {string[]} head
 * @param {string[][]} rows
 */
function showTable(head, rows) {
  const table = document.createElement('table');
  for (const [i, cells] of [head, ...rows].entries()) {
    const row = table.insertRow();
    for (const text of cells) {
      const cell = document.createElement(i === 0 ? 'th' : 'td');
      cell.textContent = text;
      row.append(cell);
    }
  }
  find('tables').append(table);
}

/** @param {Result} result */
function show(result) {
  const forward = result.times[forwardOf(result)];
  const times = Object.entries(result.times).map(([task, all]) => [
    task,
    median(all).toFixed(2),
    `${quantile(all, 0.1).toFixed(2)} .. ${quantile(all, 0.9).toFixed(2)}`,
    ratio(all, forward).toFixed(2),
  ]);
  showTable(['', 'ms', '10% .. 90%', 'x forward'], times);
  const goals = GOALS.map(({ what, limit, unit, value }) => {
    const found = value(result);
    return [what, `${limit} ${unit}`, found === undefined ? '' : `${found.toFixed(2)} ${unit}`];
  });
  showTable(['goal', 'at most', 'here'], goals);
}

/** @param {object} figures */
function offer(figures) {
  const blob = new Blob([JSON.stringify(figures, null, 1)], { type: 'application/json' });
  find('save').href = URL.createObjectURL(blob);
  find('save').hidden = false;
}

async function run() {
  const { suite, options, files } = await (await fetch('/bench/options.json')).json();
  const rounds = Math.max(1, Number(find('rounds').value) || 1);
  const say = (/** @type {string} */ text) => (find('progress').textContent = text);
  find('tables').replaceChildren();
  find('run').disabled = true;
  say('loading');
  try {
    const result = await runInPage(suite, { ...options, rounds }, files, say);
    const { hardwareConcurrency, userAgent } = navigator;
    show(result);
    offer({ when: new Date().toISOString(), userAgent, hardwareConcurrency, ...result });
    say('done');
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
  }
  find('run').disabled = false;
}

find('run').addEventListener('click', run);
