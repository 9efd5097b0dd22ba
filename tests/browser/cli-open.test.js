/** The command `open`, started as a user starts it, and its page in Chromium and Firefox. */

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { convertModel, loadImage } from '../../web/package/index.js';
import { openSafetensors } from '../../web/package/files/safetensors.js';
import { POLICY } from '../../web/cli/page-server.js';
import { inBuild, root } from '../../wasm-build/tools.js';
import { violations } from './axe.js';
import { SHARED, SKIP_SHARED } from '../js/fixtures.js';
import { toTfjs } from '../js/tfjs-files.js';
import { launchChromium, SKIP } from './chromium.js';
import { DemoPage } from './demo-page.js';
import { Firefox, SKIP as NO_FIREFOX } from './firefox.js';
import { PLAIN, copy, readClipboard, runCommand, save } from './save-panel.js';
import { stripes } from './served.js';

/** @import { AddressInfo } from 'node:net' */

const TOOL = join(root, 'dist/cli.js');
const MODEL = inBuild('models', 'dog_breed_mobilenetv2.h5');
const WEIGHTS = join(SHARED, 'models/mobilenetv2_0.35_96_weights.h5');
const TWO_HEADS = [
  join(SHARED, 'field/keras/two_heads/model.keras'),
  join(SHARED, 'field/reports/06-no-channel-axis/picture.png'),
];
const DOG = inBuild('pictures', 'dog-small.jpg');

/** @type {string} */
let folder;
before(() => (folder = mkdtempSync(join(tmpdir(), 'gradcam-'))));
/** @type {Set<import('node:child_process').ChildProcess>} that a test which failed left running */
const running = new Set();

after(() => {
  for (const child of running) child.kill();
  rmSync(folder, { recursive: true });
});

/**
 * Starts the command, and waits for the address that it prints.
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 */
async function start(args, env = process.env) {
  const child = spawn(process.execPath, [TOOL, 'open', ...args], { env });
  running.add(child);
  child.once('exit', () => running.delete(child));
  let [output, error] = ['', ''];
  child.stderr.on('data', (data) => (error += data));
  const ended = new Promise((resolve) => child.once('exit', (...how) => resolve(how)));
  const address = new Promise((resolve, reject) => {
    child.stdout.on('data', (data) => {
      output += data;
      if (output.endsWith('\n')) resolve(output.trim());
    });
    ended.then(() => reject(new Error(error)));
  });
  /** Ends the command as Ctrl+C does, and returns what it wrote. */
  const end = async () => {
    child.kill('SIGINT');
    assert.deepEqual(await ended, [0, null]);
    return { output, error };
  };
  return { address: /** @type {string} */ (await address), end, error: () => error };
}

/**
 * The status of an answer to a request that a browser would not send.
 * @param {string} address
 * @param {import('node:http').RequestOptions} options
 * @returns {Promise<number | undefined>}
 */
function ask(address, options) {
  return new Promise((resolve, reject) => {
    const asked = request(address, options, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.on('error', reject).end();
  });
}

describe('the command open', { skip: SKIP }, () => {
  /** @type {import('playwright-core').Browser} */
  let browser;
  before(async () => (browser = await launchChromium()));
  after(() => browser?.close());

  test('explains the first picture by the model, again after a reload', async () => {
    // The dog is in the folder, too, and is one picture all the same.
    const pictures = readdirSync(inBuild('pictures')).length;
    const { address, end } = await start([MODEL, DOG, inBuild('pictures'), '--no-browser']);
    const demo = await DemoPage.open(browser, address);
    assert.match(await demo.headline(), /^Siberian Husky 9\d/);
    assert.match(await demo.caption(), /^out_relu, 5 × 5 · Grad-CAM/);
    assert.equal(await demo.page.evaluate('crossOriginIsolated'), true);
    const isDrawn = `(canvas) => canvas.getContext('2d')
      .getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value > 0)`;
    const overlay = demo.page.locator('canvas.overlay');
    assert.equal(await overlay.evaluate(new Function(`return ${isDrawn}`)()), true);
    assert.equal(await demo.page.locator('#tray button').count(), pictures);
    await demo.choose('Class', 'Pug');
    await demo.page.waitForURL(/class=/);
    await demo.page.reload();
    await demo.settled();
    assert.match(await demo.headline(), /^Pug /);
    assert.equal(await demo.page.locator('#tray button').count(), pictures);
    assert.deepEqual(demo.problems, []);
    await demo.page.context().close();
    assert.deepEqual(await end(), { output: `${address}\n`, error: '' });
  });

  test('says how to open a model and a picture where there is none', async () => {
    const { address, end } = await start(['--no-browser']);
    const demo = await DemoPage.open(browser, address);
    const says = () => demo.page.locator('.verdict').innerText();
    assert.match(await says(), /^No model is open\.\s+Choose “Open a model”, or drop /);
    assert.deepEqual(await violations(demo.page), []);
    for (const name of ['About', 'Keep']) {
      assert.equal(await demo.page.getByText(name, { exact: true }).isVisible(), false, name);
    }
    await demo.drop({ name: 'dogs.h5', bytes: readFileSync(MODEL) });
    assert.match(await says(), /^There is no picture yet\.\s+Choose, paste or drop a picture/);
    await demo.drop(stripes);
    assert.match(await demo.headline(), / \d/);
    assert.deepEqual(demo.problems, []);
    await demo.page.context().close();
    await end();
  });

  test('takes names and preprocessing', async () => {
    const labels = join(folder, 'labels.txt');
    writeFileSync(labels, Array.from({ length: 19 }, (_, i) => `breed ${i}\n`).join(''));
    const options = ['--labels', labels, '--preprocess', 'none', '--no-browser'];
    const { address, end } = await start([MODEL, DOG, ...options]);
    const demo = await DemoPage.open(browser, address);
    assert.match(await demo.headline(), /^breed \d/);
    assert.equal(await demo.page.locator('#pixels-button').innerText(), 'Pixels: 0 to 255');
    await demo.page.context().close();
    await end();
  });

  test(
    'explains the head that the user wants, again after a reload',
    { skip: SKIP_SHARED },
    async () => {
      const { address, end } = await start([...TWO_HEADS, '--head', 'age', '--no-browser']);
      const demo = await DemoPage.open(browser, address);
      const head = demo.page.locator('#head');
      const chosen = () => head.evaluate((select) => /** @type {any} */ (select).value);
      assert.equal(await chosen(), 'age');
      await demo.page.waitForURL(/head(=|%3D)age/);
      await demo.page.reload();
      await demo.settled();
      assert.equal(await demo.alert(), '');
      assert.equal(await chosen(), 'age');
      await demo.page.context().close();
      await end();
    },
  );

  test('takes the network of weights alone', { skip: SKIP_SHARED }, async () => {
    for (const [factor, alert] of /** @type {const} */ ([
      ['0.35', /^$/],
      ['1', /could not be opened/],
    ])) {
      const network = ['--architecture', 'MobileNetV2', '--width-factor', factor];
      const { address, end } = await start([WEIGHTS, DOG, ...network, '--no-browser']);
      const demo = await DemoPage.open(browser, address);
      assert.match(await demo.alert(), alert);
      await demo.page.context().close();
      await end();
    }
  });

  /** What only the command line tells of a model, and the copied command must tell again. */
  const TOLD = {
    'a head': { model: TWO_HEADS[0], options: ['--head', 'age'] },
    'the network of weights alone': {
      model: WEIGHTS,
      options: ['--architecture', 'MobileNetV2', '--width-factor', '0.35', '--preprocess', 'caffe'],
    },
  };

  for (const [what, { model, options }] of Object.entries(TOLD)) {
    test(`copies a command that gives the same map: ${what}`, { skip: SKIP_SHARED }, async () => {
      const own = mkdtempSync(join(folder, 'copied-'));
      copyFileSync(model, join(own, basename(model)));
      writeFileSync(join(own, stripes.name), stripes.bytes);
      const paths = [model, join(own, stripes.name)];
      const { address, end } = await start([...paths, ...options, '--no-browser']);
      const demo = await DemoPage.open(browser, address);
      const { name, bytes } = await save(demo, PLAIN);
      await copy(demo, 'Copy command');
      const command = await readClipboard(demo);
      for (const option of options) assert.ok(command.includes(` ${option}`), command);
      await runCommand(demo, own);
      const written = readFileSync(join(own, name.replace(' plain', '')));
      const [drawn, shown] = await Promise.all([loadImage(written), loadImage(bytes)]);
      assert.equal(Buffer.compare(Buffer.from(drawn.data), Buffer.from(shown.data)), 0);
      assert.deepEqual(demo.problems, []);
      await demo.page.context().close();
      await end();
    });
  }

  test('takes a model of several files, by the main one or by their folder', async () => {
    const tfjs = join(folder, 'tfjs');
    mkdirSync(tfjs);
    const container = openSafetensors(await convertModel(readFileSync(MODEL)));
    for (const file of toTfjs(container, { shardBytes: 4 * 2 ** 20 })) {
      writeFileSync(join(tfjs, file.name), Buffer.from(await file.arrayBuffer()));
    }
    for (const path of [tfjs, join(tfjs, 'model.json')]) {
      const { address, end } = await start([path, DOG, '--no-browser']);
      const demo = await DemoPage.open(browser, address);
      assert.match(await demo.headline(), /^Class 13 9\d/, path);
      assert.deepEqual(demo.problems, []);
      await demo.page.context().close();
      await end();
    }
  });

  test('shows many pictures as a sheet', async () => {
    const photos = join(folder, 'photos');
    mkdirSync(photos);
    for (let i = 0; i < 12; i++) copyFileSync(DOG, join(photos, `dog-${i}.jpg`));
    const { address, end } = await start([MODEL, photos, '--no-browser']);
    const demo = await DemoPage.open(browser, address);
    const sheet = demo.page.getByRole('dialog').getByText(/^12 pictures explained/);
    await sheet.waitFor();
    await demo.page.reload();
    await sheet.waitFor();
    assert.deepEqual(demo.problems, []);
    await demo.page.context().close();
    await end();
  });

  test('shows what is wrong with a model', async () => {
    const text = join(folder, 'text.h5');
    writeFileSync(text, 'no model');
    const { address, end } = await start([text, DOG, '--no-browser']);
    const demo = await DemoPage.open(browser, address);
    assert.match(await demo.alert(), /^text\.h5 could not be opened\. .*not a model/);
    await demo.page.context().close();
    await end();
  });
});

test('the page of the command open answers in Firefox', { skip: NO_FIREFOX }, async () => {
  const { address, end } = await start([MODEL, DOG, '--no-browser']);
  const firefox = await Firefox.launch();
  try {
    await firefox.open(address);
    const seen = await firefox.call(`(async () => {
      const isAnswered = () => document.querySelector('.pane[aria-busy=false][data-rest=true]');
      while (!isAnswered()) await new Promise((resolve) => setTimeout(resolve, 50));
      return [document.querySelector('.headline').textContent, crossOriginIsolated];
    })`);
    assert.match(seen[0], /^Siberian Husky 9\d/);
    assert.equal(seen[1], true);
  } finally {
    await firefox.close();
    await end();
  }
});

test('the command open starts the browser', { skip: process.platform !== 'linux' }, async () => {
  const opened = join(folder, 'opened');
  const script = join(folder, 'xdg-open');
  writeFileSync(script, `#!/bin/sh\necho "$1" > '${opened}'\n`);
  chmodSync(script, 0o755);
  const { address, end } = await start([], { ...process.env, PATH: `${folder}:/usr/bin:/bin` });
  const isThere = () => readFileSync(opened, { encoding: 'utf8', flag: 'a+' }).endsWith('\n');
  while (!isThere()) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(readFileSync(opened, 'utf8'), `${address}\n`);
  const { error } = await end();
  assert.match(error, /^gradcam-wasm: the page is there until Ctrl\+C ends it\n$/);
});

test('the command open says that no browser can be started', async () => {
  const { end, error } = await start([], { ...process.env, PATH: join(folder, 'none') });
  while (!error().endsWith('\n')) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.match((await end()).error, /^gradcam-wasm: no browser opens by itself; open the address/);
});

describe('the server of the command open', () => {
  test('answers this page alone, with its policy', async () => {
    const { address, end } = await start([MODEL, DOG, '--no-browser']);
    const { pathname, port } = new URL(address);
    const at = (/** @type {string} */ path) => new URL(path, address);
    const page = await fetch(address);
    const text = await page.text();
    assert.ok(text.includes(`content="${POLICY}"`), text.slice(0, 1000));
    assert.equal(page.headers.get('content-security-policy'), `${POLICY}; frame-ancestors 'none'`);
    assert.doesNotMatch(text, /manifest\.webmanifest|og:image|twitter:/);
    assert.equal((await fetch(at('/'))).url, address);
    const given = await (await fetch(at('given.json'))).json();
    assert.deepEqual(given.model, [{ name: 'dog_breed_mobilenetv2.h5', address: 'given/0' }]);
    const model = await (await fetch(at('given/0'))).arrayBuffer();
    assert.ok(Buffer.from(model).equals(readFileSync(MODEL)));
    for (const path of ['given/9', '../package.json', '..%2fpackage.json', 'given/..%2f..%2fx']) {
      assert.equal((await fetch(at(path))).status, 404, path);
    }
    assert.equal(await ask(address, { path: '/../package.json' }), 404);
    assert.equal(await ask(address, { path: '//' }), 404);
    assert.equal(await ask(address, { method: 'POST' }), 405);
    assert.equal(await ask(address, { headers: { host: `other.example:${port}` } }), 403);
    assert.equal(await ask(address, { headers: { host: `localhost:${port}` } }), 200, pathname);
    await end();
  });

  test('says that a file is gone', async () => {
    const picture = join(folder, 'gone.jpg');
    copyFileSync(DOG, picture);
    const { address, end } = await start([MODEL, picture, '--no-browser']);
    rmSync(picture);
    const given = await (await fetch(new URL('given.json', address))).json();
    const [{ address: gone }] = given.pictures;
    assert.equal((await fetch(new URL(gone, address))).status, 404);
    await end();
  });
});

test('the command open refuses what it cannot open', async () => {
  const other = createServer();
  await new Promise((resolve) => other.listen(0, '127.0.0.1', () => resolve(undefined)));
  const port = String(/** @type {AddressInfo} */ (other.address()).port);
  /** @type {[args: string[], status: number, message: RegExp][]} */
  const wrong = [
    [['none.h5'], 1, /^gradcam-wasm: cannot read none\.h5: ENOENT.*\n$/],
    [[MODEL, 'none.jpg'], 1, /^gradcam-wasm: cannot read none\.jpg: ENOENT.*\n$/],
    [[MODEL, '--labels', 'none.txt'], 1, /^gradcam-wasm: cannot read none\.txt: ENOENT.*\n$/],
    [[MODEL, 'none/*.jpg'], 1, /^gradcam-wasm: no file matches none\/\*\.jpg\n$/],
    [[MODEL, '--port', port], 1, /^gradcam-wasm: the port \d+ is in use; without --port .*\n$/],
    [[MODEL, '--port', '70000'], 2, /^gradcam-wasm: --port is "70000"; allowed: 1 to 65535\n$/],
    [['dog.jpg'], 2, /^gradcam-wasm: open takes MODEL first, and dog\.jpg is a picture\n$/],
    [[MODEL, '--no-browsers'], 2, /--no-browser\?/],
  ];
  for (const [args, status, message] of wrong) {
    const result = spawnSync(process.execPath, [TOOL, 'open', ...args], { encoding: 'utf8' });
    assert.match(result.stderr, message);
    assert.deepEqual([result.status, result.stdout], [status, ''], args.join(' '));
  }
  other.close();
});
