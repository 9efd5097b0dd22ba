// A clang that can fuzz: with libFuzzer, and with ThreadSanitizer. Only tests need one.

import { spawnSync } from 'node:child_process';
import { canUseApt, installPackages } from './apt.js';
import { say, which } from './tools.js';

/** The Makefile looks for the compilers in this order, too. */
const COMPILERS = ['clang-19', 'clang'];

/** Links with each of the libraries that the tests need. */
function works() {
  const name = COMPILERS.find(which);
  const program = '#include <stddef.h>\nint LLVMFuzzerTestOneInput(void) { return 0; }\n';
  const builds = (/** @type {string} */ flag) => {
    const args = [`-fsanitize=${flag}`, '-w', '-x', 'c', '-', '-o', '/dev/null'];
    const input = flag === 'thread' ? 'int main(void) { return 0; }\n' : program;
    return name !== undefined && spawnSync(name, args, { input }).status === 0;
  };
  return ['fuzzer,address,undefined', 'thread'].every(builds) && llvm('profdata') && llvm('cov');
}

/**
 * The name of one of LLVM's tools that goes with the compiler, or null.
 * @param {'profdata' | 'cov'} tool
 */
export function llvm(tool) {
  const compiler = COMPILERS.find(which);
  const name = `llvm-${tool}${compiler?.slice('clang'.length) ?? ''}`;
  return compiler && which(name) ? name : null;
}

/** Installs the compiler where that is possible. */
export function ensureClang() {
  if (works()) return;
  if (canUseApt()) installPackages(['clang-19', 'llvm-19', 'libclang-rt-19-dev']);
  else say('no clang with libFuzzer is installed, so nothing is fuzzed');
}

/** Why the tests that need this compiler are skipped, or false. */
export function skipWithoutClang() {
  return !works() && 'no clang with libFuzzer and ThreadSanitizer is installed';
}
