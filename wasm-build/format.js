// Formats the project's files, or checks that they are formatted.
//
//     node wasm-build/format.js --write|--check

import fs from 'node:fs';
import path from 'node:path';
import {
  inBuild,
  installPythonPackages,
  isMain,
  output,
  root,
  run,
  runMain,
  say,
} from './tools.js';

/** Other versions of clang-format give other results. */
const version = '19.1.7';

const folder = inBuild('clang-format');
const clangFormat = path.join(folder, 'clang_format/data/bin/clang-format');

/** Installs clang-format from the Python package index into build/. */
export function ensureClangFormat() {
  if (fs.existsSync(clangFormat) && output(clangFormat, ['--version'])?.includes(version)) return;
  say(`installing clang-format ${version}`);
  installPythonPackages(folder, [`clang-format==${version}`]);
}

/** The C files of the project. */
function cFiles() {
  return ['src', 'tests', 'bench', 'wasm-build']
    .filter((name) => fs.existsSync(path.join(root, name)))
    .flatMap((name) => {
      const files = fs.readdirSync(path.join(root, name), { recursive: true, encoding: 'utf8' });
      return files.filter((file) => /\.[ch]$/.test(file)).map((file) => path.join(name, file));
    })
    .sort();
}

/** The formatters' commands. @param {'write' | 'check'} mode */
export function formatters(mode) {
  const cache = ['--cache', '--cache-strategy=content', '--cache-location=build/prettier-cache'];
  const clangMode = mode === 'write' ? ['-i'] : ['--dry-run', '--Werror'];
  return {
    c: { command: clangFormat, args: [...clangMode, ...cFiles()] },
    js: {
      command: process.execPath,
      args: ['node_modules/prettier/bin/prettier.cjs', `--${mode}`, ...cache, '.'],
    },
  };
}

if (isMain(import.meta.url)) {
  await runMain(() => {
    const mode = process.argv[2] === '--write' ? 'write' : 'check';
    ensureClangFormat();
    for (const { command, args } of Object.values(formatters(mode))) run(command, args);
  });
}
