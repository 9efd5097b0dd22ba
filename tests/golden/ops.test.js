/** ../shared/golden/ops on the product, in both variants, and on the reference build. */

import { checkOpsCase, opsCases } from './ops.js';
import { REFERENCE, RELAXED, SIMD, goldenTests } from './suite.js';

const checks = { cases: opsCases, check: checkOpsCase };
goldenTests('ops', checks, [SIMD, RELAXED, REFERENCE]);
