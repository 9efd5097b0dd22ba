/**
 * ../shared/golden/zoo on the product's four modules: every network on one of them, those that take
 * less than a second on all. What the modules have that differs, the operators' golden data show on
 * each.
 */

import { checkZooCase, zooCases } from './zoo.js';
import { RELAXED, RELAXED_THREADS, SIMD, SIMD_THREADS, goldenTests } from './suite.js';

const SLOW = [
  ...['convnexttiny', 'densenet121', 'inceptionv3', 'resnet50', 'resnet50v2', 'vgg16'],
  'xception',
];

/** @param {string} dir */
const quickCases = (dir) => zooCases(dir).filter((name) => !SLOW.includes(name));

goldenTests('zoo', { cases: zooCases, check: checkZooCase }, [SIMD]);
const others = [RELAXED, SIMD_THREADS, RELAXED_THREADS];
goldenTests('zoo', { cases: quickCases, check: checkZooCase }, others);
