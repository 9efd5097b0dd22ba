/** ../shared/golden/eli5 on the product's four modules and on the reference build. */

import { checkEli5Case, eli5Cases } from './eli5.js';
import { REFERENCE, RELAXED, RELAXED_THREADS, SIMD, SIMD_THREADS, goldenTests } from './suite.js';

const checks = { cases: eli5Cases, check: checkEli5Case };
goldenTests('eli5', checks, [SIMD, RELAXED, SIMD_THREADS, RELAXED_THREADS, REFERENCE]);
