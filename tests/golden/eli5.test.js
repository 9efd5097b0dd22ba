/** ../shared/golden/eli5 on the product and on the reference build. */

import { checkEli5Case, eli5Cases } from './eli5.js';
import { goldenTests } from './suite.js';

goldenTests('eli5', { cases: eli5Cases, check: checkEli5Case }, { reference: false });
goldenTests('eli5', { cases: eli5Cases, check: checkEli5Case }, { reference: true });
