/** The builds of the module that a host can compile. */

/** @typedef {Record<string, Uint8Array<ArrayBuffer>>} Modules bytes by name, the fastest first */

/**
 * @param {import('../hosts.js').Host} host
 * @param {Record<string, string>} paths by name
 * @returns {Promise<Modules>}
 */
export async function readModules(host, paths) {
  /** @type {Modules} */
  const modules = {};
  for (const [name, path] of Object.entries(paths)) {
    const bytes = await host.read(path);
    if (WebAssembly.validate(bytes)) modules[name] = bytes;
    else host.progress(`${path} is not for this host: it does not compile`);
  }
  if (Object.keys(modules).length > 0) return modules;
  throw new Error(`none of ${Object.values(paths).join(', ')} compiles`);
}
