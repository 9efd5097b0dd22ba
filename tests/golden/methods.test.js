/**
 * ../shared/golden/methods: every network on the reference build, on SIMD and on relaxed SIMD with
 * threads. On the reference build real models take too long for the lists of many runs, which
 * `npm run golden -- methods DIR --reference` checks.
 */

import { checkMethodsCase, methodsCases } from './methods.js';
import { REFERENCE, RELAXED_THREADS, SIMD, goldenTests } from './suite.js';

const checks = { cases: methodsCases, check: checkMethodsCase };
goldenTests('methods', checks, [{ ...REFERENCE, isShort: true }, SIMD, RELAXED_THREADS]);
