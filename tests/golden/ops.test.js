/** ../shared/golden/ops on the product and on the reference build. */

import { checkOpsCase, opsCases } from './ops.js';
import { goldenTests } from './suite.js';

goldenTests('ops', { cases: opsCases, check: checkOpsCase }, { reference: false });
goldenTests('ops', { cases: opsCases, check: checkOpsCase }, { reference: true });
