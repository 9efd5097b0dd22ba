/** Dialogs that are made when they are first opened, and what they are made of. */

import './dialog.css';

/**
 * An empty dialog with a title and a button that closes it.
 * @param {string} name of its class, and of its title's id
 * @param {{ title: string, close: string }} texts
 */
export function makeDialog(name, texts) {
  const dialog = /** @type {HTMLDialogElement} */ (made('dialog', `${name} wide`));
  const title = Object.assign(made('h2'), { id: `${name}-title`, textContent: texts.title });
  dialog.setAttribute('aria-labelledby', title.id);
  const head = made('div', 'wide-head');
  head.append(
    title,
    button(texts.close, () => dialog.close()),
  );
  dialog.append(head);
  document.body.append(dialog);
  return { dialog, head, title };
}

/**
 * @param {string} tag
 * @param {string} [className]
 * @param {string} [text]
 */
export function made(tag, className = '', text = '') {
  return Object.assign(document.createElement(tag), { className, textContent: text });
}

/**
 * @param {string} text
 * @param {() => void} action
 */
export function button(text, action) {
  const element = document.createElement('button');
  Object.assign(element, { type: 'button', textContent: text });
  element.addEventListener('click', action);
  return element;
}
