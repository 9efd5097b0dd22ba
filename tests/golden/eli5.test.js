/** ../shared/golden/eli5 on the product, in both variants, and on the reference build. */

import { checkEli5Case, eli5Cases } from './eli5.js';
import '../../wasm-build/enable-relaxed-simd.js';
import { goldenTests } from './suite.js';

goldenTests(
  'eli5',
  { cases: eli5Cases, check: checkEli5Case },
  { reference: false, variant: 'simd' },
);
goldenTests(
  'eli5',
  { cases: eli5Cases, check: checkEli5Case },
  { reference: false, variant: 'relaxed' },
);
goldenTests('eli5', { cases: eli5Cases, check: checkEli5Case }, { reference: true });
