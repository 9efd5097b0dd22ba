// Switches relaxed SIMD on in a Node that has it behind a flag, as Node 20 does.
//
//     node --import ./wasm-build/enable-relaxed-simd.js build/wasm/tests-relaxed.mjs

import v8 from 'node:v8';
import { hasRelaxedSimd } from '../web/package/engine/wasm.js';

if (!hasRelaxedSimd()) v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
if (!hasRelaxedSimd()) throw new Error('this Node has no relaxed SIMD');
