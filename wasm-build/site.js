// Builds everything and makes build/site, the folder to publish. Any server of static files can
// serve it, under any path. SITE_URL is the address that it will have, if that is known. Previews
// of links need it, because they take no relative addresses.
//
//     SITE_URL=https://example.org/grad-cam/ npm run site

import fs from 'node:fs';
import path from 'node:path';
import { make } from './make.js';
import { buildSteps, setUp } from './setup.js';
import { SetupError, inBuild, isMain, root, runMain, say, writeAtomically } from './tools.js';

/** Some hosts take names with an underscore away, unless they find this file. */
const AS_IT_IS = '.nojekyll';

/** @param {string | undefined} address */
function checkAddress(address) {
  if (address && !URL.canParse(address)) throw new SetupError(`SITE_URL is ${address}, no address`);
  return address?.replace(/\/?$/, '/');
}

/**
 * Writes the site's address where previews of links look for it.
 * @param {string} folder
 * @param {string} address
 */
function nameAddress(folder, address) {
  const file = path.join(folder, 'index.html');
  const text = fs.readFileSync(file, 'utf8');
  const whole = text.replace('content="./preview.png"', `content="${address}preview.png"`);
  writeAtomically(
    file,
    whole.replace('<title>', `<link rel="canonical" href="${address}" />\n<title>`),
  );
}

/**
 * Makes the folder from build/demo.
 * @param {string} folder
 * @param {string} [address] of the site
 */
export async function makeSite(folder, address) {
  fs.rmSync(folder, { recursive: true, force: true });
  fs.cpSync(inBuild('demo'), folder, { recursive: true });
  writeAtomically(path.join(folder, AS_IT_IS), '');
  if (address) nameAddress(folder, address);
  const { GOLDEN } = await import('../tests/golden/common.js');
  const { addParity } = await import('./about.js');
  if (fs.existsSync(GOLDEN)) await addParity(path.join(folder, 'about'));
  else say('leaving ELI5\u2019s pictures out, because there is no folder ../shared/golden');
  const { manifest } = await import('../models/fetch.js');
  const { writeOffline } = await import('./offline.js');
  await writeOffline(manifest.models, folder);
}

if (isMain(import.meta.url)) {
  await runMain(async () => {
    const address = checkAddress(process.env.SITE_URL);
    await setUp([...buildSteps, 'models']);
    make(['wasm']);
    const { buildDemo } = await import('./demo.js');
    await buildDemo();
    const folder = inBuild('site');
    await makeSite(folder, address);
    say(`done: publish ${path.relative(root, folder)}`);
  });
}
