/** Tabs, which a small window has in place of columns. */

/**
 * @param {HTMLElement} list with role="tablist"
 * @param {HTMLElement} page gets the name of the tab
 */
export function wireTabs(list, page) {
  const tabs = [...list.querySelectorAll('button')];
  /** @param {HTMLButtonElement} chosen */
  const choose = (chosen) => {
    for (const tab of tabs) {
      tab.setAttribute('aria-selected', String(tab === chosen));
      tab.tabIndex = tab === chosen ? 0 : -1;
    }
    page.dataset.tab = chosen.getAttribute('aria-controls') ?? '';
  };
  choose(tabs[0]);
  list.addEventListener('click', ({ target }) => {
    const tab = tabs.find((tab) => tab === target);
    if (tab) choose(tab);
  });
  list.addEventListener('keydown', (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const shown = tabs.filter((tab) => !tab.hidden);
    const at = shown.findIndex((tab) => tab === event.target);
    const next = shown[(at + step + shown.length) % shown.length];
    choose(next);
    next.focus();
  });
}
