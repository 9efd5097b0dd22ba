/** ../shared/golden/zoo on the product. */

import { checkZooCase, zooCases } from './zoo.js';
import { SIMD, goldenTests } from './suite.js';

goldenTests('zoo', { cases: zooCases, check: checkZooCase }, [SIMD]);
