/** ../shared/golden/eli5 on the product, in both variants, and on the reference build. */

import { checkEli5Case, eli5Cases } from './eli5.js';
import { REFERENCE, RELAXED, SIMD, goldenTests } from './suite.js';

const checks = { cases: eli5Cases, check: checkEli5Case };
goldenTests('eli5', checks, [SIMD, RELAXED, REFERENCE]);
