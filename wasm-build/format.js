// Formats the project's files, or checks that they are: node wasm-build/format.js --write|--check

import fs from 'node:fs';
import path from 'node:path';
import { SetupError, inBuild, output, root, run, runMain, say, which, isMain } from './tools.js';

/** Another version formats otherwise. */
const version = '19.1.7';

const folder = inBuild('clang-format');
const clangFormat = path.join(folder, 'clang_format/data/bin/clang-format');

/** Installs clang-format from the Python package index into build/. */
export function ensureClangFormat() {
  if (fs.existsSync(clangFormat) && output(clangFormat, ['--version'])?.includes(version)) return;
  const pip = which('pip3') ?? which('pip');
  if (!pip) throw new SetupError('pip is not installed: install Python 3 with pip');
  say(`installing clang-format ${version}`);
  fs.rmSync(folder, { recursive: true, force: true });
  const options = ['--disable-pip-version-check', '--quiet', '--no-deps', '--target', folder];
  const env = { ...process.env, PIP_ROOT_USER_ACTION: 'ignore' };
  run(pip, ['install', ...options, `clang-format==${version}`], { env });
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
