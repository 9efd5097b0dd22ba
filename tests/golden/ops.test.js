/** ../shared/golden/ops on the product's four modules and on the reference build. */

import { checkOpsCase, opsCases } from './ops.js';
import { REFERENCE, RELAXED, RELAXED_THREADS, SIMD, SIMD_THREADS, goldenTests } from './suite.js';

const checks = { cases: opsCases, check: checkOpsCase };
goldenTests('ops', checks, [SIMD, RELAXED, SIMD_THREADS, RELAXED_THREADS, REFERENCE]);
