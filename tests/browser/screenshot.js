/** npm run screenshot makes docs/screenshot.png, the README's picture of the demo page. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildDemo, serveDemo } from '../../wasm-build/demo.js';
import { root, runMain } from '../../wasm-build/tools.js';
import { launchChromium } from './chromium.js';
import { DemoPage } from './demo-page.js';

await runMain(async () => {
  await buildDemo();
  const [site, browser] = await Promise.all([serveDemo(0), launchChromium()]);
  try {
    // A low window keeps the photograph, and with it the file, small.
    const viewport = { width: 1000, height: 640 };
    const demo = await DemoPage.open(browser, site.address, { viewport });
    await demo.rested();
    await demo.page.locator('.strip[aria-busy=false]').waitFor();
    mkdirSync(join(root, 'docs'), { recursive: true });
    await demo.page.screenshot({ path: join(root, 'docs/screenshot.png') });
    await demo.close();
  } finally {
    await browser.close();
    await site.close();
  }
});
