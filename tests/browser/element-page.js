/** Runs in a page with elements. It says what they show. */

/** @typedef {import('../../web/package/element/grad-cam.js').GradCamElement} GradCamElement */

/** How long an event may take, in milliseconds. */
const PATIENCE = 120_000;

/** @type {unknown[][]} the events of all elements so far */
const events = [];

/** @type {Record<string, (event: any) => unknown>} what is noted of an event */
const NOTED = {
  explain: ({ detail }) => detail.explanation.targets[0].label,
  error: ({ error, message }) => `${error.code}: ${message}`,
  progress: ({ phase }) => phase,
};

for (const [name, note] of Object.entries(NOTED)) {
  // Events of the element do not bubble.
  document.addEventListener(
    name,
    (event) => {
      const { id, localName } = /** @type {Element} */ (event.target);
      if (localName === 'grad-cam') events.push([id, name, note(event)]);
    },
    { capture: true },
  );
}

/** @param {string} id */
const find = (id) => /** @type {GradCamElement} */ (document.getElementById(id));

/**
 * @param {string} id
 * @param {string} selector of a part in the element's tree
 */
const part = (id, selector) => /** @type {any} */ (find(id).shadowRoot?.querySelector(selector));

/** @param {Uint8ClampedArray} pixels */
async function hash(pixels) {
  const digest = await crypto.subtle.digest('SHA-256', new Uint8Array(pixels));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

Object.assign(globalThis, {
  events,

  /**
   * Waits for an event that comes after so many others, progress not counted.
   * @param {number} before
   */
  async nextEvent(before = 0) {
    for (const end = performance.now() + PATIENCE; performance.now() < end;) {
      const others = events.filter(([, name]) => name !== 'progress');
      if (others.length > before) return others[before];
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`there is no event ${before + 1}: ${JSON.stringify(events.at(-1))}`);
  },

  /**
   * What an element shows.
   * @param {string} id
   */
  async shown(id) {
    const canvas = part(id, '.overlay');
    const { width, height } = canvas;
    const isDrawn = !canvas.hidden;
    const context = canvas.getContext('2d');
    return {
      size: isDrawn && [width, height],
      overlay: isDrawn && (await hash(context.getImageData(0, 0, width, height).data)),
      caption: part(id, '[part~=caption]').textContent,
      note: part(id, '[part~=note]').textContent,
      classes: Array.from(
        find(id).shadowRoot?.querySelectorAll('label') ?? [],
        (label) => label.textContent,
      ),
      chosen: part(id, ':checked')?.parentElement.textContent,
      isBusy: part(id, 'figure').ariaBusy,
    };
  },

  /**
   * Keeps what the caption says from now on.
   * @param {string} id
   */
  recordCaptions(id) {
    /** @type {string[]} */
    const captions = [];
    const caption = part(id, '[part~=caption]');
    const record = () => void captions.push(caption.textContent);
    new MutationObserver(record).observe(caption, { childList: true });
    Object.assign(globalThis, { captions });
  },

  /**
   * The overlay and the label that the functions of the package give.
   * @param {{ model: string, picture: string, options?: object }} task
   */
  async expected({ model: address, picture, options }) {
    const { formatAsImage, loadModel } = await import('gradcam-wasm');
    const model = await loadModel(address);
    const image = await (await fetch(picture)).blob();
    const run = await model.run(image, { image });
    const explanation = await run.explain(options);
    const overlay = formatAsImage(explanation);
    model.dispose();
    return {
      label: explanation.targets[0].label,
      size: [overlay.width, overlay.height],
      overlay: await hash(overlay.data),
    };
  },

  /**
   * @param {string} id
   * @param {Record<string, string | null>} attributes
   */
  set(id, attributes) {
    for (const [name, value] of Object.entries(attributes)) {
      if (value === null) find(id).removeAttribute(name);
      else find(id).setAttribute(name, value);
    }
  },
});
