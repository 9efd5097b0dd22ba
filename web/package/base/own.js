/** What all objects with private fields share. */

/**
 * An object that Vue and others leave as it is. They wrap plain objects in proxies, which know no
 * private fields. A tag tells them that an object is not plain.
 */
export class Own {
  get [Symbol.toStringTag]() {
    return 'gradcam-wasm';
  }
}
