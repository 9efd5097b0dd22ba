/**
 * All ways to explain a class, as small maps with a line on each. The maps of one backward pass
 * come together, then the quick attributions one after another. The rest is made when it is chosen.
 */

import { attributionInfo } from 'gradcam-wasm';
import { explain } from '../explain.js';
import { waysTexts } from '../texts.js';
import { QUICK_ATTRIBUTIONS, WAYS, infoOf, isAttribution, isOfFamily } from '../ways.js';
import { element } from './element.js';
import { versusOf } from './signed-words.js';
import { drawSmall } from './small.js';
import { targetOf } from './words.js';

/** @import { HeatMap } from 'gradcam-wasm' */
/** @import { Answer, Way } from '../explainer.js' */
/** @import { Look } from '../paint.js' */
/** @import { Pane } from './pane.js' */

/** Pixels of a small map. */
const [WIDTH, HEIGHT] = [144, 108];

/** The folder of the documents beside the page, where the page has been published with them. */
const DOCS = /\/about\//;

/**
 * Fills the panel.
 * @param {object} given
 * @param {Pane} given.pane
 * @param {Look} given.look
 * @param {Way} given.chosen
 * @param {(way: Way) => void} given.onChoose
 */
export async function showWays({ pane, look, chosen, onChoose }) {
  const list = element('way-list', HTMLElement);
  const panel = element('ways', HTMLElement);
  const choose = (/** @type {Way} */ way) => {
    onChoose(way);
    // The next opening does not begin with the maps and the mark of this one.
    list.replaceChildren();
  };
  const cards = new Map(WAYS.map((way) => [way, cardOf(way, way === chosen, choose)]));
  const { answer, small } = pane;
  for (const { card } of cards.values()) clear(card, small);
  list.replaceChildren(...groups(cards));
  if (!answer || answer.saved || !small) return;
  const isWanted = () => pane.answer === answer && panel.matches(':popover-open');
  const draw = (/** @type {Way} */ way, /** @type {HeatMap} */ heatmap) => {
    const context = cards.get(way)?.card.querySelector('canvas')?.getContext('2d');
    if (context) drawSmall(context, small, heatmap, look, [0, 0, WIDTH, HEIGHT]);
  };
  list.ariaBusy = 'true';
  try {
    await makeMaps({ pane, answer, isWanted, draw });
  } catch {
    // The ways can be chosen without their maps.
  }
  list.ariaBusy = 'false';
}

/**
 * @param {object} given
 * @param {Pane} given.pane
 * @param {Answer} given.answer
 * @param {() => boolean} given.isWanted
 * @param {(way: Way, heatmap: HeatMap) => void} given.draw
 */
async function makeMaps({ pane, answer, isWanted, draw }) {
  const { question, explanation } = answer;
  const { layer, logits } = question;
  const [target, versus] = [targetOf(explanation), versusOf(answer)];
  const family = WAYS.filter(isOfFamily);
  if (versus === undefined) {
    const options = { targets: [target], layer, method: family, logits };
    const made = await pane.study(answer, (run, signal) => run.explain({ ...options, signal }));
    for (const { method, heatmap } of made.targets) draw(method, heatmap);
  }
  const rest = [...(versus === undefined ? [] : family), ...QUICK_ATTRIBUTIONS];
  for (const method of rest) {
    if (!isWanted()) return;
    const asked = { target, versus, layer, method, logits };
    const made = await pane.study(answer, (run, signal) => explain(run, { ...asked, signal }));
    draw(method, made.targets[0].heatmap);
  }
  if (!isWanted()) return;
  draw(question.method, explanation.targets[0].heatmap);
}

/**
 * The cards under their headings.
 * @param {Map<Way, { card: HTMLElement }>} cards
 */
function groups(cards) {
  /** @type {[string, (way: Way) => boolean][]} */
  const kinds = [
    [waysTexts.family, isOfFamily],
    [waysTexts.loops, (way) => !isOfFamily(way) && !isAttribution(way)],
    [waysTexts.attributions, isAttribution],
  ];
  return kinds.map(([title, isOne], i) => {
    const group = document.createElement('section');
    const heading = document.createElement('h3');
    heading.id = `ways-${i}`;
    heading.textContent = title;
    group.setAttribute('aria-labelledby', heading.id);
    const some = [...cards].filter(([way]) => isOne(way)).map(([, { card }]) => card);
    const box = document.createElement('div');
    box.className = 'way-cards';
    box.append(...some);
    group.append(heading, box);
    return group;
  });
}

/**
 * @param {Way} way
 * @param {boolean} isChosen
 * @param {(way: Way) => void} onChoose
 */
function cardOf(way, isChosen, onChoose) {
  const { title, description, when = description } = infoOf(way);
  const card = document.createElement('div');
  card.className = 'way';
  const button = document.createElement('button');
  button.type = 'button';
  button.title = description;
  button.ariaPressed = String(isChosen);
  button.addEventListener('click', () => onChoose(way));
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width: WIDTH, height: HEIGHT });
  canvas.ariaHidden = 'true';
  const text = document.createElement('span');
  text.className = 'way-text';
  text.append(part('strong', title), part('span', withoutOptions(when)));
  const cost = costOf(way);
  if (cost) text.append(part('em', cost));
  button.append(canvas, text);
  card.append(button);
  const link = docsOf(way, title);
  if (link) card.append(link);
  return { card };
}

/**
 * The sentences that name no option of the package, because the page has other controls.
 * @param {string} text
 */
function withoutOptions(text) {
  const sentences = text.split(/(?<=\.) (?=[A-Z`])/);
  return sentences.filter((sentence) => !sentence.includes('`')).join(' ');
}

/**
 * What a way with many runs takes.
 * @param {Way} way
 */
function costOf(way) {
  if (!isAttribution(way)) return '';
  const { steps, samples, window } = attributionInfo(way).defaults;
  if (window !== undefined) return waysTexts.windows;
  return steps || samples ? waysTexts.runs(steps ?? samples) : '';
}

/**
 * @param {Way} way
 * @param {string} title
 */
function docsOf(way, title) {
  if (!DOCS.test(element('docs', HTMLAnchorElement).href)) return undefined;
  const link = document.createElement('a');
  link.href = `./about/methods.html#${way}`;
  link.textContent = waysTexts.docs;
  link.ariaLabel = `${waysTexts.docs}: ${title}`;
  return link;
}

/**
 * Draws the plain picture.
 * @param {HTMLElement} card
 * @param {CanvasImageSource | undefined} small
 */
function clear(card, small) {
  const context = card.querySelector('canvas')?.getContext('2d');
  if (context && small) context.drawImage(small, 0, 0, WIDTH, HEIGHT);
}

/**
 * @param {string} tag
 * @param {string} text
 */
function part(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}
