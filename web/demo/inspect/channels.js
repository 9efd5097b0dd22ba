/** The channels of a layer that speak most for and against the explained class. */

import { signedMap } from '../signed.js';
import { drawSmall } from '../view/small.js';
import { versusOf } from '../view/signed-words.js';
import { className, targetOf } from '../view/words.js';
import { make } from './make.js';
import { channelTexts as texts } from './texts.js';

/** @import { Channel, Channels } from 'gradcam-wasm' */
/** @import { Look } from '../paint.js' */
/** @import { Answer } from '../explainer.js' */
/** @import { Pane } from '../view/pane.js' */

/** How many channels of each kind are shown. */
const TOP = 6;
/** Pixels of the longer side of a small map. */
const SIDE = 96;

/** @param {Answer} answer */
export function explainedName(answer) {
  const { model, explanation } = answer;
  const versus = versusOf(answer);
  const name = className(model, targetOf(explanation));
  return versus === undefined ? name : `${name} minus ${className(model, versus)}`;
}

/**
 * @param {Pane} pane
 * @param {Answer} answer
 * @param {string} layer
 * @returns {Promise<Channels>}
 */
export function findChannels(pane, answer, layer) {
  const first = targetOf(answer.explanation);
  const versus = versusOf(answer);
  const target = versus === undefined ? first : { [first]: 1, [versus]: -1 };
  return pane.study(answer, (run, signal) => run.channels({ target, layer, top: TOP, signal }));
}

/**
 * @param {object} given
 * @param {Channels} given.channels
 * @param {string} given.layer its name
 * @param {Answer} given.answer
 * @param {CanvasImageSource & { width: number, height: number }} given.small the picture
 * @param {Look} given.look
 * @param {Pane} given.pane shows a channel that is pressed
 */
export function showChannels({ channels, layer, answer, small, look, pane }) {
  const name = explainedName(answer);
  /** @type {HTMLButtonElement[]} */
  const all = [];
  const press = (/** @type {HTMLButtonElement} */ pressed, /** @type {Channel} */ channel) => {
    const isEnd = pressed.getAttribute('aria-pressed') === 'true';
    for (const button of all) {
      button.setAttribute('aria-pressed', String(button === pressed && !isEnd));
    }
    if (isEnd) return pane.endInstead();
    const isFor = channel.contribution > 0;
    pane.showInstead({
      heatmap: signedMap(channel.map.data, channel.map),
      headline: texts.headline(channel.channel, layer, isFor, name),
      where: texts.where(part(channel.contribution), part(channels.total), channels.count),
    });
  };
  const side = (/** @type {string} */ title, /** @type {Channel[]} */ own) => {
    const buttons = own.map((channel) => {
      const made = card(channel, small, look);
      made.addEventListener('click', () => press(made, channel));
      all.push(made);
      return made;
    });
    const heading = make('h5', { text: title });
    if (buttons.length === 0) return [heading, make('p', { class: 'hint', text: texts.none })];
    return [heading, make('div', { class: 'inspect-channels' }, ...buttons)];
  };
  return [
    make('h4', { text: texts.title(name) }),
    make('p', { class: 'hint', text: texts.how(name) }),
    ...side(texts.positive, channels.positive),
    ...side(texts.negative, channels.negative),
  ];
}

/**
 * @param {Channel} channel
 * @param {CanvasImageSource & { width: number, height: number }} small
 * @param {Look} look
 */
function card({ channel, contribution, map }, small, look) {
  const scale = SIDE / Math.max(small.width, small.height);
  const [width, height] = [small.width, small.height].map((side) => Math.round(side * scale));
  const canvas = make('canvas', { 'aria-hidden': 'true', width, height });
  const context = canvas.getContext('2d');
  if (context) drawSmall(context, small, signedMap(map.data, map), look, [0, 0, width, height]);
  const words = part(contribution);
  return make(
    'button',
    {
      type: 'button',
      class: 'inspect-channel',
      'aria-pressed': 'false',
      'aria-label': texts.channel(channel, words),
    },
    canvas,
    make('span', { text: `${channel}` }),
    make('span', { class: 'hint', text: words }),
  );
}

/** @param {number} contribution */
function part(contribution) {
  return `${contribution < 0 ? '−' : '+'}${Math.abs(contribution).toPrecision(2)}`;
}
