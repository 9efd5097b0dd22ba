/** ../shared/golden/zoo on the product. */

import { checkZooCase, zooCases } from './zoo.js';
import { goldenTests } from './suite.js';

goldenTests('zoo', { cases: zooCases, check: checkZooCase }, { reference: false, variant: 'simd' });
