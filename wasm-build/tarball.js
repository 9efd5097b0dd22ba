// npm run tarball makes the file to publish in build/tarball. It has the bytes of `npm pack`, and
// Zopfli compresses them into 5% less, which every tool unpacks as before.
//
// run tarball
// publish build/tarball/gradcam-wasm-0.1.0.tgz

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { setUp } from './setup.js';
import { SetupError, inBuild, isMain, root, run, runMain, say } from './tools.js';

/** More rounds take longer, and save less than a kilobyte. */
const PROGRAM =
  'import sys, zopfli.gzip; sys.stdout.buffer.write(' +
  'zopfli.gzip.compress(sys.stdin.buffer.read(), numiterations=5))';

/**
 * Packs the project, which makes dist/ first.
 * @param {string} folder which gets the file
 * @returns {string} the file
 */
export function makeTarball(folder) {
  fs.mkdirSync(folder, { recursive: true });
  const before = fs.readdirSync(folder);
  run('npm', ['pack', '--loglevel=error', '--pack-destination', folder], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [name] = fs.readdirSync(folder).filter((name) => !before.includes(name));
  const file = path.join(folder, name);
  fs.writeFileSync(file, compress(gunzipSync(fs.readFileSync(file))));
  return file;
}

/** @param {Buffer} bytes */
function compress(bytes) {
  const { status, stdout, stderr } = spawnSync('python3', ['-c', PROGRAM], {
    env: { ...process.env, PYTHONPATH: inBuild('python') },
    input: bytes,
    maxBuffer: bytes.length,
  });
  if (status !== 0) throw new SetupError(`Zopfli failed: ${stderr}`);
  if (!gunzipSync(stdout).equals(bytes)) throw new SetupError('Zopfli gave other bytes');
  return stdout;
}

if (isMain(import.meta.url)) {
  await runMain(async () => {
    await setUp(['packages', 'python']);
    const folder = inBuild('tarball');
    fs.rmSync(folder, { recursive: true, force: true });
    const file = makeTarball(folder);
    say(`done: ${fs.statSync(file).size} bytes, npm publish ${path.relative(root, file)}`);
  });
}
