/**
 * The element of the page with an id.
 * @template {HTMLElement} Kind
 * @param {string} id
 * @param {new () => Kind} kind the class of the element, for example HTMLInputElement
 * @returns {Kind}
 */
export function element(id, kind) {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`the page has no ${kind.name} with the id ${id}`);
}

/**
 * A new button.
 * @param {string} text
 * @param {() => void} action
 */
export function button(text, action) {
  const made = document.createElement('button');
  Object.assign(made, { type: 'button', textContent: text });
  made.addEventListener('click', action);
  return made;
}

/**
 * A copy of a template's element.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function template(id) {
  const { firstElementChild } = element(id, HTMLTemplateElement).content;
  return /** @type {HTMLElement} */ (firstElementChild?.cloneNode(true));
}
