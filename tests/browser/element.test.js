/** The element `<grad-cam>`, as a page has it that knows its documentation only. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { inBuild, root } from '../../wasm-build/tools.js';
import { violations } from './axe.js';
import { SKIP, launchChromium } from './chromium.js';
import { Firefox, SKIP as SKIP_FIREFOX } from './firefox.js';
import { serve } from './server.js';

const MODEL = '/models/dog_breed_mobilenetv2.safetensors';
const DOG = '/pictures/dog-small.jpg';
const LARGE_DOG = '/pictures/dog.jpg';

/** A policy as strict as the package allows. No style and no script may stand in the page. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "connect-src 'self'",
  "img-src 'self' blob:",
];

/** @param {Record<string, string | true>} attributes */
function element(attributes, content = '') {
  const texts = Object.entries(attributes).map(([name, value]) =>
    value === true ? name : `${name}="${value}"`,
  );
  return `<grad-cam ${texts.join(' ')}>${content}</grad-cam>`;
}

const LINES = `<!doctype html><html lang="en"><meta name="color-scheme" content="light dark" />
<meta name="viewport" content="width=device-width" />
<title>Elements</title><link rel="icon" href="/pictures/dog-small.jpg" />`;

const MAP = { 'gradcam-wasm': '/dist/index.js', 'gradcam-wasm/element': '/dist/element.js' };
const SCRIPTS = `<script type="importmap">${JSON.stringify({ imports: MAP })}</script>
<script type="module" src="/element-page.js"></script>
<script type="module">import 'gradcam-wasm/element';</script>`;

/** Scripts that the policy allows. */
const STRICT_SCRIPTS = `<script type="module" src="/element-page.js"></script>
<script type="module" src="/dist/element.js"></script>`;

/**
 * @param {string} body
 * @param {{ headers?: Record<string, string>, scripts?: string }} [options]
 */
function servePage(body, { headers, scripts = SCRIPTS } = {}) {
  return serve({
    folders: {
      '/dist/': [join(root, 'dist')],
      '/models/': [inBuild('models')],
      '/pictures/': [inBuild('pictures')],
      '/': [join(root, 'tests/browser')],
    },
    texts: { '/index.html': `${LINES}${scripts}<main><h1>Elements</h1>${body}</main></html>` },
    headers,
  });
}

const dog = { model: MODEL, src: DOG, alt: 'A dog' };

describe('in Chromium', { skip: SKIP }, () => {
  /** @type {import('playwright-core').Browser} */
  let browser;
  before(async () => (browser = await launchChromium()));
  after(() => browser?.close());

  /**
   * Opens a page and fails if it reports errors.
   * @param {string} body
   * @param {(page: import('playwright-core').Page, requests: string[]) => Promise<void>} use
   * @param {Parameters<typeof servePage>[1] & import('playwright-core').BrowserContextOptions}
   *   [options]
   */
  async function visit(body, use, { headers, scripts, ...context } = {}) {
    const site = await servePage(body, { headers, scripts });
    const page = await browser.newPage(context);
    /** @type {string[]} */
    const requests = [];
    /** @type {string[]} */
    const problems = [];
    page.on('request', (request) => requests.push(new URL(request.url()).pathname));
    page.on('pageerror', (error) => problems.push(`${error}`));
    try {
      await page.goto(site.address);
      await use(page, requests);
      assert.deepEqual(problems, []);
    } finally {
      await page.close();
      await site.close();
    }
  }

  /**
   * @param {import('playwright-core').Page} page
   * @param {string} call a function of element-page.js
   * @param {...unknown} args
   * @returns {Promise<any>}
   */
  const ask = (page, call, ...args) =>
    page.evaluate(`${call}(${args.map((arg) => JSON.stringify(arg)).join(', ')})`);

  /**
   * The class of the run, which says where the work was done.
   * @param {import('playwright-core').Page} page
   */
  const runOf = (page) =>
    page.evaluate(
      () => /** @type {any} */ (document.getElementById('a')).answer.run.constructor.name,
    );

  test('shows what the functions of the package give', async () => {
    await visit(element({ id: 'a', ...dog }), async (page) => {
      const { label, size, overlay } = await ask(page, 'expected', { model: MODEL, picture: DOG });
      assert.deepEqual(await ask(page, 'nextEvent'), ['a', 'explain', label]);
      const shown = await ask(page, 'shown', 'a');
      assert.deepEqual([shown.size, shown.overlay], [size, overlay]);
      assert.match(shown.caption, new RegExp(`^${label} \\d+\\.\\d%, strongest .*\\.$`));
      assert.equal(shown.isBusy, 'false');
      const phases = new Set((await page.evaluate('events')).map((/** @type {any} */ e) => e[2]));
      assert.deepEqual([...phases], ['fetch', 'weights', 'plan', label]);
    });
  });

  test('loads nothing before it is in view, and shows the picture', async () => {
    const far = `<p style="height: 4000px"></p>${element({ id: 'a', ...dog })}`;
    await visit(far, async (page, requests) => {
      await page.waitForTimeout(300);
      const scripts = requests.filter((path) => path.startsWith('/dist/') || path === MODEL);
      assert.deepEqual(scripts, ['/dist/element.js']);
      await page.locator('grad-cam').scrollIntoViewIfNeeded();
      await ask(page, 'nextEvent');
      assert.ok(requests.includes(MODEL));
    });
    const eager = far.replace('<grad-cam', '<grad-cam loading="eager"');
    await visit(eager, async (page) => void (await ask(page, 'nextEvent')));
  });

  test('shares the engine and the model with the other elements of the page', async () => {
    const many = ['0', '1', '2', '3'].map((target) => element({ id: target, ...dog, target }));
    await visit(many.join(''), async (page, requests) => {
      for (const i of many.keys()) assert.equal((await ask(page, 'nextEvent', i))[1], 'explain');
      const count = (/** @type {RegExp} */ path) => requests.filter((r) => path.test(r)).length;
      assert.deepEqual([count(/safetensors$/), count(/wasm$/), count(/worker\.js$/)], [1, 1, 1]);
      const overlays = [];
      for (const id of '0123') overlays.push((await ask(page, 'shown', id)).overlay);
      assert.equal(new Set(overlays).size, 4);
    });
  });

  test('answers when attributes change, also after a mistake', async () => {
    await visit(element({ id: 'a', ...dog }), async (page) => {
      /** @type {string[]} */
      const overlays = [];
      /** @param {Record<string, string | null>} attributes */
      const change = async (attributes) => {
        const before = overlays.length;
        if (before > 0) await ask(page, 'set', 'a', attributes);
        const event = await ask(page, 'nextEvent', before);
        overlays.push((await ask(page, 'shown', 'a')).overlay);
        return event;
      };
      const [, , label] = await change({});
      assert.deepEqual(await change({ target: 'Pug' }), ['a', 'explain', 'Pug']);
      assert.deepEqual(await change({ layer: 'block_9_expand' }), ['a', 'explain', 'Pug']);
      assert.deepEqual(await change({ method: 'layerCam' }), ['a', 'explain', 'Pug']);
      assert.deepEqual(await change({ colormap: 'magma' }), ['a', 'explain', 'Pug']);
      assert.deepEqual(await change({ opacity: '0.3' }), ['a', 'explain', 'Pug']);
      assert.equal(new Set(overlays).size, 6);
      const [, name, text] = await change({ layer: 'block_99' });
      assert.equal(name, 'error');
      assert.match(text, /^UNKNOWN_LAYER: .*block_9/);
      const shown = await ask(page, 'shown', 'a');
      assert.match(shown.caption, /^No heat map: .*block_99/);
      assert.equal(shown.overlay, false);
      assert.match(
        (await change({ layer: null, opacity: 'much' }))[2],
        /^INVALID_ARGUMENT: alphaL/,
      );
      const all = { target: null, method: null, colormap: null, opacity: null };
      assert.deepEqual(await change(all), ['a', 'explain', label]);
      assert.equal(overlays[overlays.length - 1], overlays[0]);
    });
  });

  test('takes files and loaded models by script', async () => {
    await visit(element({ id: 'a', alt: 'A dog' }), async (page) => {
      const names = await page.evaluate(
        async ([model, picture]) => {
          const own = /** @type {any} */ (document.getElementById('a'));
          const file = async (/** @type {string} */ path) =>
            new File([await (await fetch(path)).blob()], path);
          const turn = async (/** @type {object} */ properties) => {
            const done = new Promise((resolve, reject) => {
              own.addEventListener('explain', () => resolve(own.answer), { once: true });
              own.addEventListener('error', reject, { once: true });
            });
            Object.assign(own, properties);
            return done;
          };
          const first = await turn({ model: await file(model), src: await file(picture) });
          const here = await import(`${'/dist/'}index.js`);
          const second = await turn({ model: await here.loadModel(model) });
          const there = await import(`${'/dist/'}worker-session.js`);
          const third = await turn({ model: await there.loadModel(model) });
          const answers = [first, second, third, await turn({ model, src: picture })];
          return answers.map(({ run }) => run.constructor.name);
        },
        [MODEL, DOG],
      );
      assert.deepEqual(names, ['RemoteRun', 'Run', 'RemoteRun', 'RemoteRun']);
    });
  });

  test('takes properties that were set before its script was there', async () => {
    const late = `<script>
      Object.assign(document.querySelector('grad-cam'), { model: '${MODEL}', src: '${DOG}' });
    </script>`;
    await visit(`${element({ id: 'a' })}${late}`, async (page) => {
      assert.equal((await ask(page, 'nextEvent'))[1], 'explain');
      assert.equal(await page.getAttribute('grad-cam', 'src'), DOG);
    });
  });

  test('is used with keys alone', async () => {
    await visit(element({ id: 'a', ...dog, controls: true, classes: '3' }), async (page) => {
      await ask(page, 'nextEvent');
      const before = await ask(page, 'shown', 'a');
      await ask(page, 'recordCaptions', 'a');
      assert.equal(before.classes.length, 3);
      assert.equal(before.chosen, before.classes[0]);
      await page.keyboard.press('Tab');
      await page.keyboard.press('PageUp');
      const slider = page.getByRole('slider', { name: 'Plain picture' });
      const percent = await slider.inputValue();
      assert.ok(Number(percent) > 0);
      assert.equal(await slider.getAttribute('aria-valuetext'), `${percent}% plain`);
      const clip = await page
        .locator('canvas.overlay')
        .evaluate((canvas) => getComputedStyle(canvas).clipPath);
      assert.equal(clip, `inset(0px 0px 0px ${percent}%)`);
      await page.keyboard.press('Tab');
      await page.keyboard.press('ArrowRight');
      await ask(page, 'nextEvent', 1);
      const after = await ask(page, 'shown', 'a');
      assert.equal(after.chosen, before.classes[1]);
      assert.notEqual(after.overlay, before.overlay);
      // The keys go on from there.
      await page.keyboard.press('ArrowRight');
      await ask(page, 'nextEvent', 2);
      assert.equal((await ask(page, 'shown', 'a')).chosen, before.classes[2]);
      // A class that is not among the first joins them.
      await ask(page, 'set', 'a', { target: 'Pug' });
      await ask(page, 'nextEvent', 3);
      assert.match((await ask(page, 'shown', 'a')).chosen, /^Pug /);
      // A screen reader hears the classes alone, because nothing else had to be done.
      const said = await page.evaluate('captions');
      assert.equal(said.length, 3);
      for (const text of said) assert.match(text, /%, /);
    });
  });

  test('rests when an equal value is set, and without a model or a picture', async () => {
    await visit(element({ id: 'a', ...dog }), async (page) => {
      await ask(page, 'nextEvent');
      await page.evaluate(async () => {
        const own = /** @type {any} */ (document.getElementById('a'));
        const { model, src } = own;
        own.options = { inputSize: [160, 160] };
        Object.assign(own, { model, src, options: { inputSize: [160, 160] }, alt: 'A dog' });
      });
      await ask(page, 'nextEvent', 1);
      await page.evaluate(() => {
        const own = /** @type {any} */ (document.getElementById('a'));
        Object.assign(own, { model: own.model, src: own.src, options: { inputSize: [160, 160] } });
      });
      await page.waitForTimeout(300);
      const count = "events.filter(([, name]) => name !== 'progress').length";
      assert.equal(await page.evaluate(count), 2);
      await ask(page, 'set', 'a', { src: null });
      const isHidden = 'document.getElementById("a").shadowRoot.querySelector(".overlay").hidden';
      await page.waitForFunction(isHidden);
      const { overlay, caption } = await ask(page, 'shown', 'a');
      assert.deepEqual([overlay, caption], [false, '']);
    });
  });

  test('has no controls without the attribute', async () => {
    await visit(element({ id: 'a', ...dog }), async (page) => {
      await ask(page, 'nextEvent');
      assert.equal(await page.getByRole('slider').count(), 0);
      assert.equal(await page.getByRole('radio').count(), 0);
    });
  });

  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    test(`is accessible on a ${colorScheme} page`, async () => {
      const wrong = element({ id: 'b', ...dog, model: '/models/none.h5', controls: true });
      const body = element({ id: 'a', ...dog, controls: true }) + wrong;
      await visit(
        body,
        async (page) => {
          await ask(page, 'nextEvent', 1);
          assert.deepEqual(await violations(page), []);
          assert.equal(await page.getByRole('img', { name: 'A dog' }).count(), 2);
          const radios = page.getByRole('group', { name: 'Class' }).getByRole('radio');
          assert.equal(await radios.count(), 5);
        },
        { colorScheme },
      );
    });
  }

  test('needs no more than the strictest policy', async () => {
    const headers = { 'content-security-policy': POLICY.join('; ') };
    const body = element({ id: 'a', ...dog, controls: true });
    await visit(
      body,
      async (page) => {
        assert.equal((await ask(page, 'nextEvent'))[1], 'explain');
        assert.equal(await runOf(page), 'RemoteRun');
        const clip = await page
          .locator('canvas.overlay')
          .evaluate((canvas) => getComputedStyle(canvas).clipPath);
        assert.equal(clip, 'inset(0px 0px 0px 0%)');
      },
      { headers, scripts: STRICT_SCRIPTS },
    );
  });

  for (const [where, policy] of Object.entries({
    'the policy forbids workers': POLICY.map((part) => part.replace(/^(worker.*) .*/, "$1 'none'")),
    'Trusted Types forbid the address': [...POLICY, "require-trusted-types-for 'script'"],
  })) {
    test(`works on the page where ${where}`, async () => {
      const headers = { 'content-security-policy': policy.join('; ') };
      await visit(
        element({ id: 'a', ...dog }),
        async (page) => {
          assert.equal((await ask(page, 'nextEvent'))[1], 'explain');
          assert.equal(await runOf(page), 'Run');
        },
        { headers, scripts: STRICT_SCRIPTS },
      );
    });
  }

  test('stays inside a narrow page, with an error of one long word too', async () => {
    const wrong = element({ id: 'b', ...dog, src: LARGE_DOG, model: `/${'long'.repeat(40)}.h5` });
    const body = element({ id: 'a', ...dog, src: LARGE_DOG, controls: true }) + wrong;
    await visit(
      body,
      async (page) => {
        await ask(page, 'nextEvent', 1);
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.equal(width, 320);
      },
      { viewport: { width: 320, height: 600 } },
    );
  });

  test('takes an image element that shows the picture without scripts', async () => {
    const image = `<img src="${DOG}" alt="A dog in the garden" />`;
    const body = element({ id: 'a', model: MODEL }, image);
    await visit(body, async (page) => assert.ok(await page.locator('img').isVisible()), {
      javaScriptEnabled: false,
    });
    await visit(body, async (page) => {
      assert.equal((await ask(page, 'nextEvent'))[1], 'explain');
      assert.ok(!(await page.locator('img').first().isVisible()));
      assert.ok(await page.getByRole('img', { name: 'A dog in the garden' }).isVisible());
    });
  });

  test('draws a photo of a camera smaller', async () => {
    await visit(element({ id: 'a' }), async (page) => {
      const size = await page.evaluate(
        async ([model, picture]) => {
          const small = await createImageBitmap(await (await fetch(picture)).blob());
          const canvas = new OffscreenCanvas(3200, 2000);
          const context = canvas.getContext('2d');
          context?.drawImage(small, 0, 0, 3200, 2000);
          const src = await canvas.convertToBlob({ type: 'image/jpeg', quality: 1 });
          const own = /** @type {any} */ (document.getElementById('a'));
          const done = new Promise((resolve) => own.addEventListener('explain', resolve));
          Object.assign(own, { model, src });
          await done;
          const { width, height } = own.answer.explanation.image;
          return [width, height];
        },
        [MODEL, LARGE_DOG],
      );
      assert.deepEqual(size, [1600, 1000]);
    });
  });

  test('keeps the model for a moment when it leaves, and then frees it', async () => {
    await visit(element({ id: 'a', ...dog }), async (page, requests) => {
      const again = (/** @type {number} */ wait) =>
        page.evaluate(async (wait) => {
          const own = /** @type {HTMLElement} */ (document.getElementById('a'));
          const { parentElement } = own;
          own.remove();
          await new Promise((resolve) => setTimeout(resolve, wait));
          const done = new Promise((resolve, reject) => {
            own.addEventListener('explain', resolve, { once: true });
            own.addEventListener('error', ({ error }) => reject(error), { once: true });
          });
          parentElement?.append(own);
          await done;
        }, wait);
      const count = () => requests.filter((path) => path === MODEL).length;
      await ask(page, 'nextEvent');
      await again(100);
      assert.equal(count(), 1);
      await again(1500);
      assert.equal(count(), 2);
    });
  });

  test('says what is wrong with a picture, and why another server’s is not there', async () => {
    const other = await servePage('');
    const foreign = `${other.address}pictures/dog-small.jpg`;
    const body =
      element({ id: 'a', ...dog, src: '/pictures/none.jpg' }) +
      element({ id: 'b', ...dog, src: foreign });
    try {
      await visit(body, async (page) => {
        await ask(page, 'nextEvent', 1);
        /** @type {string[][]} */
        const all = await page.evaluate('events');
        const errors = Object.fromEntries(
          all.filter(([, name]) => name === 'error').map(([id, , text]) => [id, text]),
        );
        assert.match(errors.a, /^FETCH_FAILED: cannot fetch the picture .*none.jpg \(404/);
        assert.match(errors.b, /^FETCH_FAILED: .*access-control-allow-origin/);
      });
    } finally {
      await other.close();
    }
  });
});

describe('in Firefox', { skip: SKIP_FIREFOX }, () => {
  test('shows what the functions of the package give, and takes another class', async () => {
    const site = await servePage(element({ id: 'a', ...dog, controls: true }));
    const firefox = await Firefox.launch();
    try {
      await firefox.open(site.address);
      const expected = await firefox.call('expected', { model: MODEL, picture: DOG });
      const [, name, label] = await firefox.call('nextEvent', 0);
      assert.deepEqual([name, label], ['explain', expected.label]);
      const first = await firefox.call('shown', 'a');
      assert.deepEqual([first.size, first.overlay], [expected.size, expected.overlay]);
      const click = `(() => {
        const { shadowRoot } = document.getElementById('a');
        shadowRoot.querySelectorAll('input[type=radio]')[1].click();
      })`;
      await firefox.call(`((f) => (f(), null)).bind(null, ${click})`);
      await firefox.call('nextEvent', 1);
      const second = await firefox.call('shown', 'a');
      assert.equal(second.chosen, first.classes[1]);
      assert.notEqual(second.overlay, first.overlay);
    } finally {
      await firefox.close();
      await site.close();
    }
  });
});
