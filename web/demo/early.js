/**
 * Fetches what the page shows first. The page imports this module before all others. The browser
 * has it already, or is fetching it, because links of the page name it.
 */

import { firstModel, isDemo, samples } from './catalog.js';
import { fetchFirstAnswer } from './first.js';
import { beginModel } from './models.js';
import { prefetchPicture } from './picture.js';

if (isDemo) prefetchPicture(samples[0]);
const answer = isDemo ? fetchFirstAnswer() : undefined;

/** Whether the page opens with the first answer. The address may ask for another. */
const isFirst = isDemo && location.hash.length < 2 && !/[?&]model=/.test(location.search);

export const firstAnswer = isFirst ? answer : undefined;
globalThis.asked ??= null;
if (isFirst) beginModel(firstModel, globalThis.asked);
