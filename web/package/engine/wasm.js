/** Finds the WebAssembly module and compiles it. */

import { GradCamError, choose, show } from '../base/errors.js';
import { part } from '../base/parts.js';
import { isHtml, readFileUrl, resolveUrl } from '../base/url.js';

/**
 * A build of the engine. "relaxed" uses fused multiply-add, which not every browser has. Its
 * results differ from those of "simd" by rounding.
 * @typedef {'simd' | 'relaxed'} WasmVariant
 */

/**
 * Which wasm an engine runs, and with how many threads. Without the first four options it is the
 * fastest variant of the package that the browser runs.
 * @typedef {object} WasmOptions
 * @property {WasmVariant} [wasmVariant] a variant of the package
 * @property {string | URL} [wasmUrl] address of the wasm file
 * @property {ArrayBuffer | ArrayBufferView} [wasmBinary] bytes of the wasm file
 * @property {WebAssembly.Module} [wasmModule] the compiled module
 * @property {number} [threads] how many threads compute, 1 to 64, the calling one included
 *   (default: one for each processor, at most 4). There is one thread if the page is not
 *   cross-origin isolated, or if the wasm file was built without threads. The number of threads
 *   changes no bit of the results
 */

/**
 * The address of the file that most browsers load. Bundlers look for addresses in exactly this
 * form. Tools that trace the files of a server miss one that is the bare body of an arrow function.
 */
async function relaxedFile() {
  return new URL('../../../build/wasm/gradcam-relaxed.wasm', import.meta.url);
}

/**
 * The addresses of the other files are in a module of their own. Some frameworks tell a page to
 * fetch all files in advance whose addresses stand in the code that it starts with.
 */
function otherFiles() {
  return part('the list of wasm files', () => import('./wasm-files.js'));
}

/**
 * The files of the variants, without and with threads.
 * @type {Record<WasmVariant, { single: FindFile, threads: FindFile }>}
 */
const files = {
  simd: {
    single: async () => (await otherFiles()).simd(),
    threads: async () => (await otherFiles()).simdThreads(),
  },
  relaxed: {
    single: relaxedFile,
    threads: async () => (await otherFiles()).relaxedThreads(),
  },
};

/** @typedef {() => Promise<URL>} FindFile */

/**
 * The package's files to try, the fastest first. A browser that lacks relaxed SIMD refuses the
 * whole module, and does not get one with it.
 * @param {WasmVariant | undefined} variant
 * @param {number} threads
 */
export function chooseFiles(variant, threads) {
  const all = hasRelaxedSimd() ? [files.relaxed, files.simd] : [files.simd];
  const chosen = variant === undefined ? all : [choose(files, variant, 'wasmVariant')];
  const found = chosen.flatMap((file) => (threads > 1 ? [file.threads, file.single] : file.single));
  return found.map((find) => () => find().catch(withoutAddress));
}

/**
 * Some servers bundle modules so that they have no address, and Cloudflare's compile no bytes.
 * @param {unknown} cause
 * @returns {never}
 */
function withoutAddress(cause) {
  if (cause instanceof GradCamError) throw cause;
  const text =
    'this environment tells no address of the wasm file; give the option wasmModule, as from ' +
    "import wasmModule from 'gradcam-wasm/gradcam.wasm', or wasmUrl or wasmBinary";
  throw new GradCamError('FETCH_FAILED', text, { cause });
}

/**
 * @param {WasmOptions} options
 * @returns {Promise<WebAssembly.Module | undefined>} undefined if the options name no wasm
 */
export async function compileGiven({ wasmModule, wasmBinary, wasmUrl }) {
  if (wasmModule instanceof WebAssembly.Module) return wasmModule;
  if (wasmModule) throw wrongOption({ wasmModule }, 'a WebAssembly.Module');
  if (wasmBinary instanceof ArrayBuffer || ArrayBuffer.isView(wasmBinary)) {
    return compileBytes(wasmBinary, 'wasmBinary');
  }
  if (wasmBinary) throw wrongOption({ wasmBinary }, 'an ArrayBuffer or a view of one');
  return wasmUrl ? compileUrl(resolveUrl(wasmUrl)) : undefined;
}

/** Whether this browser or Node has relaxed SIMD. */
export function hasRelaxedSimd() {
  return WebAssembly.validate(
    // A module with one function of type () -> v128, which is "unreachable, f32x4.relaxed_madd".
    // prettier-ignore
    new Uint8Array([
      0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, // "\0asm", version 1
      1, 5, 1, 0x60, 0, 1, 0x7b, // types: a function without parameters that returns v128
      3, 2, 1, 0, // functions: one of type 0
      10, 8, 1, 6, 0, 0x00, 0xfd, 0x85, 0x02, 0x0b, // code: no locals, two instructions, end
    ]),
  );
}

/** @param {URL} url */
export async function compileUrl(url) {
  if (url.protocol === 'file:') return compileFile(url);
  return compileResponse(await request(url), url);
}

/**
 * @param {Record<string, unknown>} option
 * @param {string} allowed
 */
function wrongOption(option, allowed) {
  const [[name, value]] = Object.entries(option);
  return new GradCamError('INVALID_ARGUMENT', `${name} is ${show(value)}; allowed: ${allowed}`);
}

/** @param {URL} url */
async function compileFile(url) {
  const bytes = await readFileUrl(url).catch((cause) => {
    throw new GradCamError('FETCH_FAILED', `cannot read the wasm file ${url.href}`, { cause });
  });
  return compileBytes(bytes, url.href);
}

/**
 * Development servers of Vite and Angular move the package's code to a folder of such a name.
 * @param {string} address
 */
function movedHint(address) {
  const isMoved = /\/(\.vite|vite\/client\/deps|vite\/deps)\//.test(address);
  return isMoved
    ? "exclude gradcam-wasm in Vite's optimizeDeps.exclude or Angular's prebundle.exclude; "
    : '';
}

/** @param {URL} url */
async function request(url) {
  const hint = `${movedHint(url.href)}see the options wasmUrl and wasmBinary`;
  const response = await fetch(url).catch((cause) => {
    throw new GradCamError('FETCH_FAILED', `cannot fetch the wasm file ${url.href}; ${hint}`, {
      cause,
    });
  });
  if (response.ok) return response;
  const status = `${response.status} ${response.statusText}`.trim();
  throw new GradCamError('FETCH_FAILED', `no wasm file at ${url.href} (${status}); ${hint}`);
}

/**
 * Compiles while the bytes arrive, if the server says that they are wasm.
 * @param {Response} response
 * @param {URL} url
 */
async function compileResponse(response, url) {
  if (response.headers.get('content-type')?.startsWith('application/wasm')) {
    try {
      return await WebAssembly.compileStreaming(response.clone());
    } catch {
      // Compiling the bytes below tells the reason.
    }
  }
  const bytes = await response.arrayBuffer().catch((cause) => {
    throw new GradCamError('FETCH_FAILED', `the wasm file ${url.href} is cut off`, { cause });
  });
  return compileBytes(bytes, url.href);
}

/**
 * @param {ArrayBuffer | ArrayBufferView} source
 * @param {string} origin for error messages
 */
async function compileBytes(source, origin) {
  const bytes = /** @type {Uint8Array<ArrayBuffer>} */ (
    ArrayBuffer.isView(source)
      ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
      : new Uint8Array(source)
  );
  if (isHtml(bytes)) {
    throw new GradCamError(
      'WASM_FAILED',
      `${origin} is an HTML page, not a wasm file; the server or bundler does not serve ` +
        `gradcam.wasm there; ${movedHint(origin)}give its address as wasmUrl`,
    );
  }
  return WebAssembly.compile(bytes).catch((cause) => {
    throw new GradCamError('WASM_FAILED', `${origin} does not compile: ${cause.message}`, {
      cause,
    });
  });
}
