/** ../shared/golden/ops on the product, in both variants, and on the reference build. */

import { checkOpsCase, opsCases } from './ops.js';
import '../../wasm-build/enable-relaxed-simd.js';
import { goldenTests } from './suite.js';

goldenTests('ops', { cases: opsCases, check: checkOpsCase }, { reference: false, variant: 'simd' });
goldenTests(
  'ops',
  { cases: opsCases, check: checkOpsCase },
  { reference: false, variant: 'relaxed' },
);
goldenTests('ops', { cases: opsCases, check: checkOpsCase }, { reference: true });
