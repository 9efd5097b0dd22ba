/** Tells addresses from paths. */

/** @param {string} text of a command line */
export function isAddress(text) {
  return /^https?:\/\//i.test(text);
}

/**
 * The last part of an address, as a file may be named.
 * @param {string} address
 */
export function nameInAddress(address) {
  const { pathname, hostname } = new URL(address);
  const name = pathname.slice(pathname.lastIndexOf('/') + 1) || hostname;
  return name.replaceAll(/%20/g, ' ').replaceAll(/[\\/:*?"<>|%]/g, '_');
}
