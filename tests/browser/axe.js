/** Asks axe what a page does to users who hear it, or who see and move less well than others. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/**
 * What is wrong with the page in its present state.
 * @param {import('playwright-core').Page} page
 * @returns {Promise<string[]>}
 */
export async function violations(page) {
  if (!(await page.evaluate('"axe" in globalThis'))) {
    const session = await page.context().newCDPSession(page);
    await session.send('Runtime.evaluate', { expression: axe });
    await session.detach();
  }
  return page.evaluate(async () => {
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const { violations } = await /** @type {any} */ (globalThis).axe.run({
      runOnly: { type: 'tag', values: tags },
    });
    return violations.map((/** @type {any} */ { id, nodes }) => {
      return `${id}: ${nodes.map((/** @type {any} */ node) => node.html).join(' | ')}`;
    });
  });
}

/**
 * What is wrong with the page in its present state, in light and in dark colours.
 * @param {import('playwright-core').Page} page
 */
export async function violationsInColors(page) {
  const found = [];
  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    await page.emulateMedia({ colorScheme });
    // Axe would measure a colour halfway between the two.
    await page.evaluate(() => {
      for (const animation of document.getAnimations()) {
        if (animation instanceof CSSTransition) animation.finish();
      }
    });
    found.push(...(await violations(page)).map((text) => `${colorScheme}, ${text}`));
  }
  return found;
}
