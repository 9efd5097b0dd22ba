// The tests read `results`.

import { explainTwice } from './explain.js';

Object.assign(globalThis, { results: explainTwice() });
