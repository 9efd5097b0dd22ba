/**
 * Fetches what the page shows first. The page imports this module before all others. The browser
 * has it already, or is fetching it, because links of the page name it.
 */

import { isDemo, samples } from './catalog.js';
import { fetchFirstAnswer } from './first.js';
import { prefetchPicture } from './picture.js';

if (isDemo) prefetchPicture(samples[0]);
const answer = isDemo ? fetchFirstAnswer() : undefined;

/** The first answer, if the page opens with it. The address may ask for another. */
export const firstAnswer =
  location.hash.length < 2 && !/[?&]model=/.test(location.search) ? answer : undefined;
