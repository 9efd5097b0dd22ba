// Writes the reference part of docs/api.md from the JSDoc of web/package. `npm run docs` runs it,
// and a test compares.

import fs from 'node:fs';
import path from 'node:path';
import { format } from 'prettier';
import ts from 'typescript';
import { SetupError, isMain, root } from './tools.js';

/** The document, of which everything after this line is made here. */
const DOCUMENT = path.join(root, 'docs/api.md');
const MARK = '<!-- From here on: made by npm run docs from the JSDoc. -->\n';

const MAIN = 'web/package/index.js';
const WORKER = 'web/package/worker/index.js';

/**
 * A name that a module exports.
 * @typedef {{ name: string, symbol: ts.Symbol, type: ts.Type }} Export
 */

/** The package's modules, as the type checker sees them. */
export class Package {
  constructor() {
    const { config } = ts.readConfigFile(path.join(root, 'tsconfig.json'), ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, root);
    this.program = ts.createProgram([MAIN, WORKER].map(inRoot), options);
    this.checker = this.program.getTypeChecker();
  }

  /**
   * @param {string} module relative to the root
   * @returns {Export[]}
   */
  exportsOf(module) {
    const source = this.program.getSourceFile(inRoot(module));
    const symbol = source && this.checker.getSymbolAtLocation(source);
    if (!symbol) throw new SetupError(`${module} is no module`);
    return this.checker.getExportsOfModule(symbol).map((entry) => this.#resolve(entry));
  }

  /**
   * Follows `export { x } from` and `@typedef {import('./x.js').X} X` to the name's documentation.
   * @param {ts.Symbol} entry
   * @returns {Export}
   */
  #resolve(entry) {
    const isAlias = entry.flags & ts.SymbolFlags.Alias;
    const symbol = isAlias ? this.checker.getAliasedSymbol(entry) : entry;
    const { name } = entry;
    if (isValue(symbol)) return { name, symbol, type: this.checker.getTypeOfSymbol(symbol) };
    const type = this.checker.getDeclaredTypeOfSymbol(symbol);
    return { name, symbol: (!isAlias && (type.aliasSymbol ?? type.symbol)) || symbol, type };
  }

  /** @param {ts.Symbol | ts.Signature} documented */
  text(documented) {
    return ts.displayPartsToString(documented.getDocumentationComment(this.checker)).trim();
  }

  /**
   * The section of an export: a function, a class or a type.
   * @param {Export} entry
   * @param {string[]} [known] methods that are described elsewhere
   */
  section({ name, symbol, type }, known = []) {
    const [signature] = isValue(symbol) ? type.getCallSignatures() : [];
    if (signature) return this.#callText('###', name, signature);
    const [constructor] = type.getConstructSignatures();
    return this.#typeText(name, symbol, constructor?.getReturnType() ?? type, known);
  }

  /**
   * @param {string} heading
   * @param {string} name
   * @param {ts.Signature} signature
   */
  #callText(heading, name, signature) {
    const declaration = /** @type {ts.SignatureDeclaration} */ (signature.getDeclaration());
    const parameters = declaration.parameters.map((parameter) => {
      const [tag] = ts.getJSDocParameterTags(parameter);
      if (!tag) throw new SetupError(`${name}: a parameter has no JSDoc`);
      return { name: tag.name.getText(), isOptional: tag.isBracketed, tag };
    });
    const heads = parameters.map(({ name, isOptional }) => (isOptional ? `${name}?` : name));
    const examples = examplesOf(signature);
    if (examples.length === 0) throw new SetupError(`${name} has no @example`);
    return blocks(
      `${heading} \`${name}(${heads.join(', ')})\``,
      this.text(signature),
      list(parameters.map(({ name, tag }) => item(name, declared(tag), comment(tag)))),
      returnText(declaration),
      ...examples,
    );
  }

  /**
   * @param {string} name
   * @param {ts.Symbol} symbol
   * @param {ts.Type} type
   * @param {string[]} known
   */
  #typeText(name, symbol, type, known) {
    const all = type.isUnion() ? [] : this.checker.getPropertiesOfType(type);
    const members = all.filter((member) => isShown(member) && !known.includes(member.name));
    const [methods, values] = [true, false].map((wanted) =>
      members.filter(({ flags }) => Boolean(flags & ts.SymbolFlags.Method) === wanted),
    );
    const variable = name[0].toLowerCase() + name.slice(1);
    const calls = methods.map((method) => {
      const [signature] = this.checker.getTypeOfSymbol(method).getCallSignatures();
      return this.#callText('####', `${variable}.${method.name}`, signature);
    });
    const text = this.text(symbol);
    return blocks(
      `### \`${name}\``,
      text,
      members.length === 0 && !text.includes('- `') ? `\`${this.#alias(symbol, type)}\`` : '',
      ...examplesOf(symbol),
      list(values.map((value) => this.#valueItem(value))),
      ...calls,
    );
  }

  /**
   * What a name stands for.
   * @param {ts.Symbol} symbol
   * @param {ts.Type} type
   */
  #alias(symbol, type) {
    const choices = type.isUnion() ? type.types : [type];
    const texts = choices.map((choice) => this.checker.typeToString(choice));
    const isEnumeration = choices.every((choice) => choice.isStringLiteral());
    return isEnumeration ? texts.join(' | ') : declared(symbol.declarations?.[0]);
  }

  /** @param {ts.Symbol} value a property */
  #valueItem(value) {
    const [declaration] = value.declarations ?? [];
    const type = this.checker.getTypeOfSymbol(value);
    const inferred = this.checker.typeToString(type).replace('<ArrayBufferLike>', '');
    const written = declared(declaration) || inferred;
    const isOptional = Boolean(value.flags & ts.SymbolFlags.Optional);
    return item(value.name + (isOptional ? '?' : ''), written, this.text(value));
  }
}

/** @param {string} name */
const inRoot = (name) => path.join(root, name);

/** @param {ts.Symbol} symbol */
const isValue = (symbol) => Boolean(symbol.flags & ts.SymbolFlags.Value);

/** @param {ts.Symbol | ts.Signature} documented */
function examplesOf(documented) {
  const examples = documented.getJsDocTags().filter(({ name }) => name === 'example');
  return examples.map(({ text }) => `\`\`\`js\n${ts.displayPartsToString(text)}\n\`\`\``);
}

/**
 * Whether a member is the package's own and for its users.
 * @param {ts.Symbol} member
 */
function isShown(member) {
  const [declaration] = member.declarations ?? [];
  const isOwn = declaration?.getSourceFile().fileName.startsWith(inRoot('web/package'));
  const isInternal = member.getJsDocTags().some(({ name }) => name === 'internal');
  return isOwn && !isInternal && !/^(#|__)/.test(member.name);
}

/**
 * The type as the JSDoc writes it, "" if it writes none.
 * @param {ts.Declaration | ts.JSDocTag} [node]
 */
function declared(node) {
  const expression = /** @type {any} */ (node)?.typeExpression ?? (node && ts.getJSDocType(node));
  const text = expression?.getText() ?? '';
  return text
    .replace(/^\{(.*)\}$/s, '$1')
    .replaceAll(/\n\s*\*\s*/g, ' ')
    .replaceAll(/(typeof )?import\('[^']*'\)\.?/g, '')
    .trim();
}

/** @param {ts.JSDocTag} tag */
function comment({ comment }) {
  return (ts.getTextOfJSDocComment(comment) ?? '').replace(/^- /, '');
}

/** @param {ts.SignatureDeclaration} declaration */
function returnText(declaration) {
  const tag = ts.getJSDocReturnTag(declaration);
  if (!tag) return '';
  const text = comment(tag);
  return `Returns \`${declared(tag)}\`${text && `: ${text}`}`;
}

/**
 * @param {string} name
 * @param {string} type
 * @param {string} text
 */
function item(name, type, text) {
  const rest = text.replaceAll('\n', ' ');
  return `- \`${name}\`: \`${type}\`${rest && `. ${rest[0].toUpperCase()}${rest.slice(1)}`}`;
}

/** @param {string[]} items */
const list = (items) => items.join('\n');

/** @param {...string} parts */
const blocks = (...parts) => parts.filter(Boolean).join('\n\n');

/**
 * The worker's entry: what it has as the other has it, and what is its own.
 * @param {Package} reference
 * @param {Export[]} main
 */
function workerText(reference, main) {
  const names = main.map(({ name }) => name);
  const all = reference.exportsOf(WORKER);
  const shared = all.filter(({ name }) => names.includes(name));
  const functions = shared.filter(({ type }) => type.getCallSignatures().length > 0);
  const calls = functions.map(({ name }) => `\`${name}\``);
  const own = all.filter((entry) => !shared.includes(entry));
  return blocks(
    '## `gradcam-wasm/worker`',
    'The same calls, worked out in a worker; all of them return promises: ' +
      `${calls.join(', ')}. Besides:`,
    ...own.map((entry) => reference.section(entry, [...names, ...own.map(({ name }) => name)])),
  );
}

/** The whole document as it should be. */
export async function apiDocument() {
  const [head] = fs.readFileSync(DOCUMENT, 'utf8').split(MARK);
  const reference = new Package();
  const main = reference.exportsOf(MAIN);
  const [values, types] = [true, false].map((wanted) =>
    main.filter(({ symbol }) => isValue(symbol) === wanted),
  );
  const text = blocks(
    head + MARK,
    '## `gradcam-wasm`',
    ...values.map((entry) => reference.section(entry)),
    '## Types',
    ...types.map((entry) => reference.section(entry)),
    workerText(reference, main),
  );
  const options = JSON.parse(fs.readFileSync(inRoot('.prettierrc.json'), 'utf8'));
  return format(text, { ...options, parser: 'markdown' });
}

/** Writes the document. */
export async function writeApiDocument() {
  fs.writeFileSync(DOCUMENT, await apiDocument());
}

if (isMain(import.meta.url)) await writeApiDocument();
