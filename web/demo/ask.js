/**
 * Asks for the model with which the page opens. The page's other scripts are large, and nothing
 * would come over the line while they are made ready. This one is small and comes before them.
 */
{
  const script = document.querySelector('script[data-model]');
  const address = /** @type {HTMLElement | null} */ (script)?.dataset.model;
  // The rest of the page's address may name another model.
  const isFirst = location.hash.length < 2 && !/[?&]model=/.test(location.search);
  if (address && isFirst && globalThis.asked === undefined) {
    const controller = new AbortController();
    const { signal } = controller;
    // With a low priority Chromium would wait for the scripts.
    const response = fetch(address, { signal });
    // The page finds a failure when it reads the answer.
    response.catch(() => {});
    globalThis.asked = { address, response, controller };
  }
}
