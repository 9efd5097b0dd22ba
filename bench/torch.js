/** pytorch-grad-cam on PyTorch, to compare the methods with. */

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import {
  SetupError,
  inBuild,
  installPythonPackages,
  readIfExists,
  root,
  say,
} from '../wasm-build/tools.js';
import { choosePictures } from './options.js';

const PACKAGES = ['torch==2.15.0', 'grad-cam==1.5.7', 'h5py==3.16.0'];

/** How often each task is timed. */
const ROUNDS = 20;

/**
 * What the script found.
 * @typedef {object} TorchResult
 * @property {string} torch its version
 * @property {Record<string, number>} times medians in milliseconds
 */

/** The folder of PyTorch, which is installed on first use. */
function ensureTorch() {
  const folder = inBuild('bench/torch');
  const stamp = path.join(folder, 'installed');
  if (readIfExists(stamp) === PACKAGES.join()) return folder;
  say('installing PyTorch and pytorch-grad-cam, about 6 GB');
  installPythonPackages(folder, PACKAGES);
  fs.writeFileSync(stamp, PACKAGES.join());
  return folder;
}

/**
 * Times pytorch-grad-cam on the CPU with one thread.
 * @param {string} model path of the .keras file of MobileNetV2, from the project's root
 * @returns {TorchResult}
 */
export function timeTorch(model) {
  if (!model.endsWith('.keras')) {
    throw new SetupError('--torch needs the .keras file of MobileNetV2: --model FILE');
  }
  const env = { ...process.env, PYTHONPATH: ensureTorch() };
  say('timing pytorch-grad-cam');
  const script = path.join(root, 'bench/peers/torch_methods.py');
  const args = [script, model, choosePictures()[0], String(ROUNDS)];
  const { status, stdout } = spawnSync('python3', args, {
    ...{ cwd: root, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  });
  if (status !== 0) throw new SetupError('bench/peers/torch_methods.py failed');
  return JSON.parse(stdout);
}
