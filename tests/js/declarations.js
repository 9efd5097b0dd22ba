/** Checks TypeScript against the declarations that the package ships, as a user's compiler does. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { inBuild, root } from '../../wasm-build/tools.js';

/** @param {...string} args */
function tsc(...args) {
  const command = [join(root, 'node_modules/typescript/bin/tsc'), ...args];
  const { status, stdout } = spawnSync(process.execPath, command, { cwd: root, encoding: 'utf8' });
  assert.equal(status, 0, stdout);
}

/** The declarations, in a folder of their own, where the compiler finds what it made before. */
export class Declarations {
  #folder = inBuild('declarations');

  constructor() {
    const [types, info] = ['types', 'types.tsbuildinfo'].map((name) => join(this.#folder, name));
    const incremental = ['--incremental', '--tsBuildInfoFile', info];
    tsc('--project', 'wasm-build/tsconfig.types.json', '--outDir', types, ...incremental);
  }

  /**
   * What an editor shows of a module's exports, or of the members of a class that it exports.
   * @param {string} module
   * @param {string} [className]
   * @returns {Map<string, string>} texts by names
   */
  documentation(module, className) {
    const file = join(this.#folder, 'types', module);
    const program = ts.createProgram([file], { strict: true, types: [] });
    const checker = program.getTypeChecker();
    const source = /** @type {ts.Node} */ (program.getSourceFile(file));
    const exported = checker.getExportsOfModule(
      /** @type {ts.Symbol} */ (checker.getSymbolAtLocation(source)),
    );
    const found = exported.find(({ name }) => name === className);
    const symbols = found ? checker.getDeclaredTypeOfSymbol(found).getProperties() : exported;
    return new Map(
      symbols.map((symbol) => {
        const isAlias = symbol.flags & ts.SymbolFlags.Alias;
        const target = isAlias ? checker.getAliasedSymbol(symbol) : symbol;
        const text = ts.displayPartsToString(target.getDocumentationComment(checker));
        return [symbol.name, text];
      }),
    );
  }

  /**
   * Fails with what the compiler says, if it says anything.
   * @param {string} code TypeScript that imports gradcam-wasm
   */
  check(code) {
    writeFileSync(join(this.#folder, 'code.ts'), code);
    const compilerOptions = {
      strict: true,
      noEmit: true,
      target: 'es2022',
      lib: ['es2023', 'dom'],
      module: 'esnext',
      moduleResolution: 'bundler',
      types: [],
      paths: {
        'gradcam-wasm': ['./types/index.d.ts'],
        'gradcam-wasm/worker': ['./types/worker/index.d.ts'],
        'gradcam-wasm/imagenet': ['./types/files/imagenet.d.ts'],
      },
    };
    const config = join(this.#folder, 'tsconfig.json');
    writeFileSync(config, JSON.stringify({ compilerOptions, include: ['code.ts'] }));
    tsc('--project', config);
  }
}
