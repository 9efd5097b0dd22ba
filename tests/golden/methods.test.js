/**
 * ../shared/golden/methods: every network on the reference build, on SIMD and on relaxed SIMD with
 * threads.
 */

import { checkMethodsCase, methodsCases } from './methods.js';
import { REFERENCE, RELAXED_THREADS, SIMD, goldenTests } from './suite.js';

const checks = { cases: methodsCases, check: checkMethodsCase };
goldenTests('methods', checks, [REFERENCE, SIMD, RELAXED_THREADS]);
