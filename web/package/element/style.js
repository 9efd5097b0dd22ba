/**
 * The look of the element. It takes the text's colour and font from the page, so that it fits light
 * and dark pages. A style sheet that a script makes needs no permission of a content security
 * policy.
 */

const CSS = `
:host {
  --ink: var(--grad-cam-accent, CanvasText);
  --on-ink: var(--grad-cam-accent-ink, Canvas);
  --edge: var(--grad-cam-line, color-mix(in srgb, currentColor 45%, transparent));
  --gap: var(--grad-cam-gap, 0.5rem);
  --radius: var(--grad-cam-radius, 0.375rem);
  display: block;
}
:host([hidden]), [hidden] { display: none !important; }
figure {
  display: grid;
  grid-template-columns: minmax(0, 1fr);
  gap: var(--gap);
  justify-items: start;
  margin: 0;
}
.frame {
  position: relative;
  display: grid;
  max-width: 100%;
  border-radius: var(--radius);
  overflow: hidden;
  direction: ltr;
}
.frame > *, slot > img, ::slotted(img) {
  grid-area: 1 / 1;
  display: block;
  max-width: 100%;
  height: auto;
}
slot { display: contents; }
.overlay { clip-path: inset(0 0 0 var(--split, 0%)); }
.divider { position: absolute; inset: 0; pointer-events: none; }
.divider::before {
  content: '';
  position: absolute;
  inset-block: 0;
  left: var(--split, 0%);
  width: 2px;
  margin-left: -1px;
  background: #fff;
  box-shadow: 0 0 0 1px rgb(0 0 0 / 55%);
}
.divider::after {
  content: '\\2194';
  position: absolute;
  top: 50%;
  left: clamp(1.25rem, var(--split, 0%), 100% - 1.25rem);
  width: 2rem;
  border: 2px solid #fff;
  border-radius: 50%;
  background: rgb(0 0 0 / 65%);
  color: #fff;
  line-height: 2rem;
  text-align: center;
  transform: translate(-50%, -50%);
}
.slider {
  position: absolute;
  inset: 0;
  width: 100%;
  height: 100%;
  max-width: none;
  margin: 0;
  opacity: 0;
  appearance: none;
  cursor: ew-resize;
  touch-action: pan-y;
}
.slider::-webkit-slider-thumb { width: 1px; height: 100%; appearance: none; }
.slider::-moz-range-thumb { width: 1px; height: 100%; border: 0; }
.slider:focus-visible + .divider { outline: 3px solid var(--ink); outline-offset: -3px; }
.classes {
  display: flex;
  flex-wrap: wrap;
  gap: calc(var(--gap) / 2);
  min-width: 0;
  margin: 0;
  padding: 0;
  border: 0;
}
.classes legend {
  position: absolute;
  width: 1px;
  height: 1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
}
.classes label { position: relative; }
.classes span {
  display: inline-block;
  padding: 0.25em 0.75em;
  border: 1px solid var(--edge);
  border-radius: 2em;
}
.classes :checked + span { background: var(--ink); color: var(--on-ink); }
.classes :focus-visible + span { outline: 3px solid var(--ink); outline-offset: 2px; }
@media (forced-colors: active) {
  .classes :checked + span {
    background: Highlight;
    color: HighlightText;
    forced-color-adjust: none;
  }
}
.classes input {
  position: absolute;
  inset: 0;
  width: 100%;
  height: 100%;
  margin: 0;
  opacity: 0;
  cursor: pointer;
}
.legend { display: flex; align-items: center; gap: 0.5em; font-size: 0.875em; }
.legend canvas { width: 8em; height: 0.75em; border-radius: var(--radius); }
figcaption { max-width: 60ch; overflow-wrap: anywhere; }
p { margin: 0; }
progress { width: min(16em, 100%); accent-color: var(--ink); }
`;

/** @type {CSSStyleSheet | undefined} one for all elements */
let sheet;

export function styleSheet() {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
  }
  return sheet;
}
