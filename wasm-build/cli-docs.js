// npm run docs writes the part of docs/cli.md on commands and options after the line that says so,
// from the tables that the help is made of. A test checks that it stands there.

import fs from 'node:fs';
import path from 'node:path';
import { format } from 'prettier';
import { groupsOf, optionHead } from '../web/cli/help.js';
import { COMMANDS } from '../web/cli/options.js';
import { root } from './tools.js';

export const CLI_DOCUMENT = path.join(root, 'docs/cli.md');

/** Everything after this line of the document is made here. */
const MARK = '<!-- From here on: made by npm run docs from the tables of the help. -->\n';

/** docs/cli.md as it should be. */
export async function cliDocument() {
  const [head] = fs.readFileSync(CLI_DOCUMENT, 'utf8').split(MARK);
  const text = [head + MARK, '## Commands\n', commandTable(), ...optionTables()].join('\n');
  const file = path.join(root, '.prettierrc.json');
  const options = JSON.parse(fs.readFileSync(file, 'utf8'));
  return format(text, { ...options, parser: 'markdown' });
}

function commandTable() {
  const rows = Object.entries(COMMANDS).map(([name, { operands, text }]) => {
    return `| \`${name} ${operands.join(' ')}\` | ${text} |`;
  });
  return table(['command', 'what it does'], rows);
}

/** A table of options for each thing that they are about. */
function optionTables() {
  /** @type {Map<string, Map<string, { head: string, text: string, commands: string[] }[]>>} */
  const groups = new Map();
  for (const [command, about] of Object.entries(COMMANDS)) {
    for (const [title, options] of groupsOf(about)) {
      const group = groups.get(title) ?? new Map();
      groups.set(title, group);
      for (const [name, { value, multiple, text }] of options) {
        const whole = multiple ? `${text}; may be repeated` : text;
        const known = group.get(name) ?? [];
        const same = known.find((/** @type {{ text: string }} */ entry) => entry.text === whole);
        if (same) same.commands.push(command);
        else known.push({ head: optionHead(name, value), text: whole, commands: [command] });
        group.set(name, known);
      }
    }
  }
  return [...groups].map(([title, group]) => {
    const rows = [...group.values()].flat().map(({ head, text, commands }) => {
      return `| \`${head}\` | ${text.replaceAll('|', '\\|')} | ${commands.join(', ')} |`;
    });
    return `## ${title}\n\n${table(['option', 'what it does', 'commands'], rows)}`;
  });
}

/**
 * @param {string[]} heads
 * @param {string[]} rows
 */
function table(heads, rows) {
  const lines = [`| ${heads.join(' | ')} |`, `|${' --- |'.repeat(heads.length)}`, ...rows];
  return `${lines.join('\n')}\n`;
}
