/** Writes the help from the tables of commands and options. */

import { COMMANDS, GROUPS } from './options.js';

/** @import { Command, Option } from './options.js' */

/** The columns of the help. */
const WIDTH = 98;
const INDENT = 22;

export const OPERANDS = [
  'MODEL is a .keras, .h5 or .safetensors file, or a TensorFlow.js model.json or its folder.',
  'An .h5 file may have the weights alone of a network of keras.applications.',
  'IMAGE is a JPEG, PNG, BMP or GIF file, a folder of them, or a pattern as "photos/**/*.jpg".',
  'MODEL and IMAGE may be addresses (https://...), and one of them may be "-", standard input.',
];

/** The help of the whole tool. */
export function usage() {
  const heads = Object.entries(COMMANDS).map(([name, command]) => {
    return `  gradcam-wasm ${`${name} ${command.operands.join(' ')}`.padEnd(27)} ${command.text}`;
  });
  return [
    'Where did this Keras image classifier look? Heat maps on the command line.',
    '',
    'Usage:',
    ...heads,
    '',
    ...OPERANDS,
    '',
    'gradcam-wasm COMMAND --help lists the options of a command.',
    'gradcam-wasm --version prints the version.',
  ].join('\n');
}

/**
 * The help of one command.
 * @param {string} name
 */
export function commandUsage(name) {
  const command = COMMANDS[name];
  const { operands, text } = command;
  const groups = groupsOf(command).flatMap(([title, options]) => [
    '',
    `${title}:`,
    ...options.flatMap(([option, about]) => optionLines(option, about)),
  ]);
  const head = `Usage: gradcam-wasm ${name} ${operands.join(' ')} [options]`;
  return [head, '', `${text[0].toUpperCase()}${text.slice(1)}.`, '', ...OPERANDS, ...groups].join(
    '\n',
  );
}

/**
 * The options of a command by what they are about.
 * @param {Command} command
 * @returns {[title: string, options: [name: string, option: Option][]][]}
 */
export function groupsOf({ options, single = [], texts = {} }) {
  return Object.entries(GROUPS).flatMap(([title, group]) => {
    const own = Object.entries(group).filter(([name]) => options.includes(name));
    if (own.length === 0) return [];
    const changed = own.map(([name, option]) => {
      const text = texts[name] ?? option.text;
      return [name, { ...option, text, multiple: option.multiple && !single.includes(name) }];
    });
    return [/** @type {[string, [string, Option][]]} */ ([title, changed])];
  });
}

/**
 * @param {string} name
 * @param {Option} option
 */
function optionLines(name, { value, multiple, text }) {
  const head = `  ${optionHead(name, value)}`;
  const lines = wrap(multiple ? `${text}; may be repeated` : text, WIDTH - INDENT);
  const isLong = head.length >= INDENT;
  const first = isLong ? [head] : [];
  return [
    ...first,
    ...lines.map((line, i) => `${(i === 0 && !isLong ? head : '').padEnd(INDENT)}${line}`),
  ];
}

/**
 * @param {string} name
 * @param {string} [value]
 */
export function optionHead(name, value) {
  return value === undefined ? `--${name}` : `--${name} ${value}`;
}

/**
 * @param {string} text
 * @param {number} width
 */
function wrap(text, width) {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1];
    if (last !== '' && last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}
