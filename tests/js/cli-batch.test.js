/** The command line with many pictures, patterns, standard input, and files of each format. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { decode } from 'fast-png';
import { main } from '../../web/cli/main.js';
import { expandPattern } from '../../web/cli/glob.js';
import { findPictures } from '../../web/cli/pictures.js';
import { CLI_DOCUMENT, cliDocument } from '../../wasm-build/cli-docs.js';
import { DEFAULT_MODEL, DOG_PICTURE, ROOT } from './fixtures.js';

const PICTURES = join(ROOT, 'build/pictures');
const TOOL = join(ROOT, 'web/cli/gradcam-wasm.js');
const LAYER = 'mobilenetv2_1.00_160_out_relu';

/** @type {string} */
let folder;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'gradcam-'));
  for (const name of ['photos/a', 'photos/b/c', 'photos/.hidden']) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  for (const name of ['a/dog-2', 'a/dog-10', 'b/c/dog [1]', '.hidden/dog']) {
    copyFileSync(join(PICTURES, 'dog-small.jpg'), join(folder, `photos/${name}.jpg`));
  }
  writeFileSync(join(folder, 'photos/a/notes.txt'), 'no picture');
});
after(() => rmSync(folder, { recursive: true }));

/** @param {string[]} args */
async function succeed(...args) {
  const { status, output, error } = await main(args);
  assert.equal(error, '');
  assert.equal(status, 0);
  return output;
}

/**
 * The objects that --json prints, a line each.
 * @param {string} output
 */
const lines = (output) =>
  output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

/**
 * @param {string[]} args
 * @param {import('node:child_process').SpawnSyncOptions} [options]
 */
const spawn = (args, options) => spawnSync(process.execPath, [TOOL, ...args], options);

describe('pictures', () => {
  const named = async (/** @type {string[]} */ ...operands) =>
    (await findPictures(operands.map((name) => join(folder, name)))).map(({ inside }) => inside);

  test('are found in folders and by patterns, each once and in order', async () => {
    const all = ['a/dog-2.jpg', 'a/dog-10.jpg', 'b/c/dog [1].jpg'];
    assert.deepEqual(await named('photos'), all);
    assert.deepEqual(await named('photos', 'photos/a/dog-2.jpg'), all);
    assert.deepEqual(
      await named('photos/**/*.jpg'),
      all.map((name) => basename(name)),
    );
    assert.deepEqual(await named('photos/*/dog-?.jpg'), ['dog-2.jpg']);
    assert.deepEqual(await named('photos/a/dog-{10,2}.{jpg,png}'), ['dog-2.jpg', 'dog-10.jpg']);
    assert.deepEqual(await named('photos/a/dog-[!1]*.jpg'), ['dog-2.jpg']);
    assert.deepEqual(await named('photos/{a,b}'), ['dog-2.jpg', 'dog-10.jpg', 'c/dog [1].jpg']);
    assert.deepEqual(await named('photos/b/c/dog [1].jpg'), ['dog [1].jpg']);
    await assert.rejects(named('photos/*.gif'), /no file matches .*\*\.gif/);
  });

  test('are found by patterns with the separators of Windows', async () => {
    const child = `import { expandPattern } from ${JSON.stringify(join(ROOT, 'web/cli/glob.js'))};
      console.log(JSON.stringify(await expandPattern('photos\\\\a\\\\dog-?.jpg')));`;
    const shim =
      'data:text/javascript,' +
      encodeURIComponent(
        `import path from 'node:path'; import { syncBuiltinESMExports } from 'node:module';
       path.sep = '\\\\'; syncBuiltinESMExports();`,
      );
    const args = ['--import', shim, '--input-type=module', '-e', child];
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    assert.equal(stdout, '["photos/a/dog-2.jpg"]\n', stderr);
    assert.deepEqual(await expandPattern(join(folder, 'photos\\a\\*.jpg')), []);
  });

  test('of one name give files of different names', async () => {
    const paths = ['photos/a/dog-2.jpg', 'photos/x/dog-2.jpg', 'photos/x/dog-2.png'];
    const found = await findPictures(paths.map((name) => join(folder, name)));
    const names = found.map(({ outName }) => outName);
    assert.deepEqual(names, ['dog-2.jpg', 'dog-2.jpg-2', 'dog-2.png']);
  });

  test('that fail are named, and the rest goes on', async () => {
    const bad = join(folder, 'bad.jpg');
    writeFileSync(bad, 'no picture');
    const args = ['predict', DEFAULT_MODEL, bad, join(folder, 'photos/a'), '--top', '1'];
    const text = await main(args);
    assert.equal(text.status, 1);
    assert.match(text.output, /^\S+dog-2\.jpg:\n +13 .*\n.*\n\n\S+dog-10\.jpg:\n +13 .*\n.*\n$/);
    assert.match(text.error, /^gradcam-wasm: \S+bad\.jpg: the 10 bytes are no JPEG.*\n/);
    assert.match(text.error, /\ngradcam-wasm: 1 of 3 pictures failed\n$/);
    const [failed, ...others] = lines((await main([...args, '--json'])).output);
    assert.deepEqual([failed.picture, failed.error.code], [bad, 'INVALID_IMAGE']);
    assert.deepEqual(
      others.map(({ picture }) => basename(picture)),
      ['dog-2.jpg', 'dog-10.jpg'],
    );
  });

  test('are not begun when the question is wrong', async () => {
    const args = ['explain', DEFAULT_MODEL, join(folder, 'photos'), '--layer', 'none'];
    const { status, output, error } = await main(args);
    assert.deepEqual([status, output, error.split('\n').length], [1, '', 2]);
  });

  test('come from a server, as the model does', async () => {
    const server = createServer(({ url = '' }, response) => {
      const file = { '/dog.jpg': DOG_PICTURE, '/m%20odel.h5': DEFAULT_MODEL }[url];
      if (file) response.end(readFileSync(file));
      else response.writeHead(404).end();
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    const at = (/** @type {string} */ name) => `http://127.0.0.1:${port}/${name}`;
    try {
      const args = ['predict', at('m%20odel.h5'), at('dog.jpg'), '--json'];
      const { picture, ...result } = JSON.parse(await succeed(...args));
      assert.equal(picture, at('dog.jpg'));
      const local = JSON.parse(await succeed('predict', DEFAULT_MODEL, DOG_PICTURE, '--json'));
      assert.deepEqual({ ...result, picture: DOG_PICTURE }, local);
      const missing = await main(['predict', DEFAULT_MODEL, at('cat.jpg')]);
      assert.match(missing.error, /there is nothing at .*cat\.jpg \(404/);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

describe('standard input and output', () => {
  test('a picture in, a map out', () => {
    const args = ['explain', DEFAULT_MODEL, '-', '--output', '-'];
    const { stdout, stderr, status } = spawn(args, { input: readFileSync(DOG_PICTURE) });
    assert.equal(status, 0, String(stderr));
    const { width, height } = decode(/** @type {Buffer} */ (stdout));
    assert.deepEqual([width, height], [768, 576]);
  });

  test('a model in', () => {
    const args = ['predict', '-', DOG_PICTURE, '--top', '1'];
    const { stdout, status } = spawn(args, { input: readFileSync(DEFAULT_MODEL) });
    assert.equal(status, 0);
    assert.match(String(stdout), /^ +13 {2}Siberian Husky/);
  });

  const full = '/dev/full';
  test('a full disk gives a sentence', { skip: !existsSync(full) && 'no such device' }, () => {
    const command = `"$0" "$1" summary "$2" > ${full}`;
    const args = ['-c', command, process.execPath, TOOL, DEFAULT_MODEL];
    const { stderr, status } = spawnSync('sh', args, { encoding: 'utf8' });
    assert.equal(status, 1);
    assert.match(stderr, /^gradcam-wasm: cannot write to standard output: ENOSPC.*\n$/);
  });

  test('a reader that leaves is no failure for one picture', () => {
    for (const [operand, stderr, status] of /** @type {const} */ ([
      [DOG_PICTURE, /^0\n$/, '0'],
      [join(folder, 'photos'), /^gradcam-wasm: standard output was closed after 0 of 3/, '1'],
    ])) {
      const command = `{ "$0" "$1" predict "$2" "$3"; echo $? >&2; } | true`;
      const args = ['-c', command, process.execPath, TOOL, DEFAULT_MODEL, operand];
      const result = spawnSync('sh', args, { encoding: 'utf8' });
      assert.match(result.stderr, stderr);
      assert.equal(result.stderr.trimEnd().split('\n').at(-1), status);
    }
  });
});

describe('files', () => {
  test('of each format, for each map of each picture, in folders as the pictures', async () => {
    const out = join(folder, 'maps');
    const args = ['explain', DEFAULT_MODEL, join(folder, 'photos'), '--output-dir', out];
    const options = ['--target', 'pug', '--target', '3', '--format', 'png,json', '--format', 'csv'];
    await succeed(...args, ...options);
    const files = readdirSync(out, { recursive: true, encoding: 'utf8' });
    assert.equal(files.filter((name) => /\.(png|json|csv)$/.test(name)).length, 3 * 2 * 3);
    const path = join(out, `b/c/dog [1]-14-${LAYER}-gradCam`);
    const { picture, ...entry } = JSON.parse(readFileSync(`${path}.json`, 'utf8'));
    assert.equal(picture, join(folder, 'photos/b/c/dog [1].jpg'));
    assert.deepEqual([entry.label, entry.method, entry.diagnosis], ['Pug', 'gradCam', null]);
    const rows = readFileSync(`${path}.csv`, 'utf8').trimEnd().split('\n');
    const values = rows.map((row) => row.split(',').map(Number));
    assert.deepEqual([values.length, values[0].length], [5, 5]);
    assert.equal(Math.fround(Math.max(...values.flat())), Math.fround(entry.rawMax));
    const { text } = decode(readFileSync(`${path}.png`));
    assert.deepEqual(JSON.parse(text.Comment), entry.settings);
  });

  test('are drawn with a colour map and an opacity', async () => {
    const [plain, bare] = [join(folder, 'plain.png'), join(folder, 'bare.png')];
    const args = ['explain', DEFAULT_MODEL, DOG_PICTURE, '--output'];
    await succeed(...args, plain, '--colormap', 'magma');
    await succeed(...args, bare, '--alpha', '0');
    assert.notDeepEqual(readFileSync(plain), readFileSync(bare));
    const wrong = await main([...args, join(folder, 'x.png'), '--colormap', 'rainbows']);
    assert.match(wrong.error, /--colormap is "rainbows"; allowed: viridis, /);
    // Nothing draws with it, and nothing is left behind.
    for (const command of ['explain', 'report']) {
      const page = join(folder, 'rainbows.html');
      const output = command === 'report' ? ['--output', page] : [];
      const named = [command, DEFAULT_MODEL, DOG_PICTURE, '--colormap', 'rainbows', ...output];
      assert.equal((await main(named)).status, 2);
      assert.ok(!existsSync(`${page}.part`));
    }
  });

  test('that exist stay, and the other pictures go on', async () => {
    const out = join(folder, 'stay');
    const args = ['explain', DEFAULT_MODEL, join(folder, 'photos'), '--output-dir', out];
    await succeed(...args, '--format', 'csv');
    rmSync(join(out, `a/dog-10-13-${LAYER}-gradCam.csv`));
    const { status, error } = await main([...args, '--format', 'csv']);
    assert.equal(status, 1);
    assert.match(error, /dog-2-.* exists; --force overwrites it\n.*\n.*2 of 3 pictures failed\n$/);
    assert.ok(existsSync(join(out, `a/dog-10-13-${LAYER}-gradCam.csv`)));
  });
});

describe('questions', () => {
  test('of several layers, each entry says which', async () => {
    const layers = ['--layer', 'out_relu', '--layer', '-3', '--layer', 'block_13_expand'];
    const { error } = await main(['explain', DEFAULT_MODEL, DOG_PICTURE, ...layers]);
    assert.match(error, /global_average_pooling2d/);
    const two = layers.toSpliced(2, 2);
    const [json] = lines(await succeed('explain', DEFAULT_MODEL, DOG_PICTURE, '--json', ...two));
    const paths = ['mobilenetv2_1.00_160/out_relu', 'mobilenetv2_1.00_160/block_13_expand'];
    assert.deepEqual(json.layer, paths);
    assert.deepEqual(
      json.targets.map((/** @type {any} */ { layer }) => layer),
      paths,
    );
  });

  test('of labels, as they are written or nearly', async () => {
    const ask = (/** @type {string[]} */ ...args) =>
      main(['explain', DEFAULT_MODEL, DOG_PICTURE, '--json', ...args]);
    for (const label of ['Bull Mastiff', 'bull mastiff', 'bull_mastiff']) {
      const [{ targets }] = lines((await ask('--target', label)).output);
      assert.equal(targets[0].target, 11);
    }
    const wrong = await ask('--target', 'Bul Mastif');
    assert.match(
      wrong.error,
      /no class has the label "Bul Mastif"; the nearest labels are "Bull Mastiff"\n$/,
    );
    const names = join(folder, 'names.txt');
    writeFileSync(names, Array.from({ length: 19 }, (_, i) => `name ${i % 10}`).join('\n'));
    const twice = await ask('--target', 'name 3', '--labels', names);
    assert.match(twice.error, /the label "name 3" means the classes 3, 13; give an index\n$/);
    const [{ targets }] = lines((await ask('--against', 'Pug')).output);
    assert.deepEqual(targets[0].settings.contrast.against, [14]);
  });

  test('with preprocessing as JSON, given or in a file', async () => {
    const path = join(folder, 'how.json');
    const numbers = { mean: [127.5, 127.5, 127.5], std: 127.5 };
    writeFileSync(path, JSON.stringify(numbers));
    for (const how of [JSON.stringify(numbers), `@${path}`]) {
      const args = ['predict', DEFAULT_MODEL, DOG_PICTURE, '--json', '--preprocess', how];
      assert.deepEqual(lines(await succeed(...args))[0].preprocessing, numbers);
    }
  });

  test('that are wrong are refused with what is right', async () => {
    const explain = ['explain', DEFAULT_MODEL, DOG_PICTURE];
    for (const [args, status, message] of /** @type {[string[], number, RegExp][]} */ ([
      [[...explain, '--output', 'x.jpg'], 2, /--output is "x\.jpg"; explain writes \.png files/],
      [['convert', DEFAULT_MODEL, 'out.png'], 2, /OUT is "out\.png"; convert writes \.safetensors/],
      [[...explain, '--format', 'csv'], 2, /--output-dir, which is missing/],
      [[...explain, '--format', 'tiff', '--output-dir', folder], 2, /allowed: png, json, npy, csv/],
      [[...explain, DEFAULT_MODEL, '--output', 'x.png'], 2, /takes one picture, not 2/],
      [['explain', '-', '-'], 2, /one operand only/],
      [[...explain, '--target', '-1'], 1, /target is -1; allowed: whole numbers from 0 to 18/],
      [[...explain, '--alpha', '2'], 2, /--alpha is "2"; allowed: 0 to 1/],
      [['predict', 'a', 'b', '--alpha', '1'], 2, /The alpha of a network is --width-factor/],
      [['attribute', 'a', 'b', '--target', '1', '--target', '2'], 2, /takes one --target/],
      [[...explain, '--top', '--json'], 2, /'--top' argument is ambiguous.*use '--top=-XYZ'/],
    ])) {
      const result = await main(args);
      assert.equal(result.status, status, result.error);
      assert.match(result.error, message);
      assert.equal(result.error.split('\n').length, 2);
    }
  });
});

describe('help', () => {
  test('is known by its usual names', async () => {
    assert.equal(await succeed('help'), await succeed('--help'));
    assert.equal(await succeed('help', 'trust'), await succeed('trust', '--help'));
    assert.equal(await succeed('-V'), await succeed('--version'));
    assert.match(await succeed('explain', '-h'), /--output-dir DIR/);
    assert.doesNotMatch(await succeed('predict', '-h'), /--output-dir/);
  });

  test('has no line that a terminal would break', async () => {
    for (const command of ['explain', 'attribute', 'convert']) {
      const long = (await succeed(command, '--help'))
        .split('\n')
        .filter((line) => line.length > 100);
      assert.deepEqual(long, []);
    }
  });

  test('is what docs/cli.md says: npm run docs makes it', async () => {
    assert.equal(readFileSync(CLI_DOCUMENT, 'utf8'), await cliDocument());
  });

  test('docs/cli.md names every field of the JSON', async () => {
    const document = readFileSync(CLI_DOCUMENT, 'utf8');
    const known = new Set(
      Array.from(document.matchAll(/`(?:targets\[\])?\.?(\w+)`/g), (m) => m[1]),
    );
    for (const command of ['explain', 'attribute', 'trust', 'predict']) {
      const [json] = lines(await succeed(command, DEFAULT_MODEL, DOG_PICTURE, '--json'));
      for (const name of [...Object.keys(json), ...Object.keys(json.targets?.[0] ?? {})]) {
        assert.ok(known.has(name), `${command}: ${name}`);
      }
    }
  });
});
