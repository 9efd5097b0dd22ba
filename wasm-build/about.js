// Makes the About pages of build/demo from README.md and the documents. They are plain pages that
// need no JavaScript.

import fs from 'node:fs';
import path from 'node:path';
import { Marked, Renderer } from 'marked';
import { ownLicence, thirdPartyNotices } from './notices.js';
import { inBuild, root, say, writeAtomically } from './tools.js';

/** @import { Tokens } from 'marked' */

/**
 * A document and its page.
 * @typedef {{ file: string, page: string, title: string }} Entry
 */

/** The first of the list on each page. @type {Entry[]} */
const chosen = [
  { file: 'README.md', page: 'index', title: 'Overview' },
  { file: 'docs/tutorial.md', page: 'tutorial', title: 'Tutorial' },
  { file: 'docs/which-layer.md', page: 'which-layer', title: 'How to read a map' },
  { file: 'docs/methods.md', page: 'methods', title: 'Methods' },
  { file: 'docs/api.md', page: 'api', title: 'Functions and options' },
  { file: 'docs/element.md', page: 'element', title: 'An element for pages' },
  { file: 'docs/element.md', page: 'element', title: 'Element' },
  { file: 'docs/cli.md', page: 'cli', title: 'Command line' },
  { file: 'docs/preprocessing.md', page: 'preprocessing', title: 'Pixels' },
  { file: 'docs/supported.md', page: 'supported', title: 'What it reads' },
  { file: 'docs/bundlers.md', page: 'bundlers', title: 'Bundlers and servers' },
  { file: 'docs/environments.md', page: 'environments', title: 'Environments' },
  { file: 'docs/compact-files.md', page: 'compact-files', title: 'Small files' },
  { file: 'docs/performance.md', page: 'performance', title: 'Speed' },
  { file: 'docs/reliability.md', page: 'reliability', title: 'Reliability' },
  { file: 'docs/architecture.md', page: 'architecture', title: 'How it is built' },
  { file: 'examples/README.md', page: 'examples', title: 'Examples' },
  { file: 'CHANGELOG.md', page: 'changelog', title: 'Changes' },
  { file: 'SECURITY.md', page: 'security', title: 'Security' },
  { file: 'CONTRIBUTING.md', page: 'contributing', title: 'Contributing' },
];

/** All of the list. A document that has no place of its own comes last. */
const entries = [...chosen, ...otherDocuments()];

/** @returns {Entry[]} the documents that are not chosen, each with its heading */
function otherDocuments() {
  const names = fs.readdirSync(path.join(root, 'docs')).filter((name) => name.endsWith('.md'));
  return names.flatMap((name) => {
    const file = `docs/${name}`;
    if (chosen.some((entry) => entry.file === file)) return [];
    const heading = /^# (.*)$/m.exec(fs.readFileSync(path.join(root, file), 'utf8'));
    const page = name.replace(/\.md$/, '');
    return [{ file, page, title: heading?.[1] ?? page }];
  });
}

/** The page of ELI5's pictures, which has no document. */
const PARITY = { page: 'parity', title: 'ELI5 beside ours' };

/** The examples have pages too, but no place in the list. */
const examples = [
  ...['page', 'vite', 'react', 'node', 'element', 'element-react', 'element-vue'],
].map((name) => ({
  file: `examples/${name}/README.md`,
  page: `examples-${name}`,
  title: name,
}));

const POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'";

/** @param {string} text */
const escape = (text) => text.replace(/[&<>"]/g, (letter) => `&#${letter.codePointAt(0)};`);

/**
 * A heading's anchor, as sites that show Markdown make it.
 * @param {string} heading
 */
const anchorOf = (heading) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

/** Renders one document. Links between documents lead to their pages. */
class PageRenderer extends Renderer {
  /** @type {Map<string, number>} how often an anchor was given */
  #anchors = new Map();
  #file;
  #folder;

  /**
   * @param {string} file of the document
   * @param {string} folder of the pages
   */
  constructor(file, folder) {
    super();
    this.#file = file;
    this.#folder = folder;
  }

  /** @param {Tokens.Heading} token */
  heading({ depth, text, tokens }) {
    const anchor = anchorOf(text);
    const count = this.#anchors.get(anchor) ?? 0;
    this.#anchors.set(anchor, count + 1);
    const id = count === 0 ? anchor : `${anchor}-${count}`;
    // The heading of a method ends in the method's name, which is an anchor too.
    const name = /: `(\w+)`$/.exec(text)?.[1];
    const extra = name ? `<span id="${name}"></span>` : '';
    return `<h${depth} id="${id}">${extra}${this.parser.parseInline(tokens)}</h${depth}>\n`;
  }

  /** @param {Tokens.Link} token */
  link({ href, tokens }) {
    const text = this.parser.parseInline(tokens);
    return `<a href="${escape(this.#address(href))}">${text}</a>`;
  }

  /** @param {Tokens.Image} token */
  image({ href, text }) {
    const file = path.posix.join(path.posix.dirname(this.#file), href);
    const bytes = fs.readFileSync(path.join(root, file));
    const own = file.replace(/^docs\//, '');
    writeAtomically(path.join(this.#folder, own), bytes);
    const { width, height } = sizeOf(bytes);
    const size = `width="${width}" height="${height}"`;
    return `<img src="${escape(own)}" alt="${escape(text)}" ${size} loading="lazy">`;
  }

  /** @param {Tokens.Table} token */
  table(token) {
    return `<div class="table" tabindex="0">${super.table(token)}</div>\n`;
  }

  /** @param {Tokens.Code} token */
  code(token) {
    return super.code(token).replace('<pre>', '<pre tabindex="0">');
  }

  /** @param {Tokens.HTML | Tokens.Tag} token */
  html({ text }) {
    if (!/^<!--[^]*-->\s*$/.test(text)) throw new Error(`${this.#file} has HTML: ${text}`);
    return '';
  }

  /** @param {string} href */
  #address(href) {
    if (/^(https:|#)/.test(href)) return href;
    const [target, anchor] = href.split('#');
    const file = path.posix.join(path.posix.dirname(this.#file), target).replace(/\/$/, '');
    if (file === 'LICENSE') return 'LICENSE.txt';
    const found = [...entries, ...examples].find((entry) =>
      [file, `${file}/README.md`].includes(entry.file),
    );
    if (!found) throw new Error(`${this.#file} links to ${file}, which has no page`);
    return `${found.page}.html${anchor ? `#${anchor}` : ''}`;
  }
}

/**
 * The size of a PNG or an SVG file, so that a page has a place for it before it is loaded.
 * @param {Buffer} bytes
 */
function sizeOf(bytes) {
  if (bytes.toString('latin1', 1, 4) === 'PNG') {
    return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
  }
  const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(bytes.toString()) ?? [];
  return { width, height };
}

/**
 * @param {{ page: string, title: string, text: string, body: string }} content
 * @returns {string} a whole page
 */
function frame({ page, title, text, body }) {
  const links = [...entries.slice(0, 2), PARITY, ...entries.slice(2)].map((entry) => {
    const current = entry.page === page ? ' aria-current="page"' : '';
    return `<li><a href="${entry.page}.html"${current}>${entry.title}</a></li>`;
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${escape(title)} · gradcam-wasm</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="theme-color" content="#14706f">
<meta name="description" content="${escape(text)}">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<link rel="icon" href="icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="style.css">
</head>
<body>
<header>
<a href="../"><img src="icon.svg" alt="" width="20" height="20">Where did the classifier look?</a>
</header>
<nav aria-label="About"><ul>
${links.join('\n')}
</ul></nav>
<main>
${body}
</main>
<footer>
<a href="LICENSE.txt">Licence</a>
<a href="THIRD_PARTY_NOTICES.txt">Licences of what it contains</a>
</footer>
</body>
</html>
`;
}

/**
 * @param {string} html
 * @returns {string} the text of its first paragraph that has more than a picture
 */
function firstText(html) {
  const paragraphs = Array.from(html.matchAll(/<p>(.*?)<\/p>/gs), ([, inner]) =>
    inner.replace(/<[^>]*>/g, '').replace(/\s+/g, ' '),
  );
  const text = paragraphs.find((paragraph) => paragraph.length > 20) ?? '';
  const plain = text.replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)));
  return plain.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&');
}

/**
 * @param {Entry} entry
 * @param {string} folder
 */
function writePage({ file, page }, folder) {
  const renderer = new PageRenderer(file, folder);
  const markdown = fs.readFileSync(path.join(root, file), 'utf8');
  const body = /** @type {string} */ (new Marked().parse(markdown, { renderer }));
  const title = /^# (.*)$/m.exec(markdown)?.[1] ?? page;
  const content = { page, title, text: firstText(body), body };
  writeAtomically(path.join(folder, `${page}.html`), frame(content));
}

/** The style sheet, with the colours and sizes of the page in front. */
function styleSheet() {
  const tokens = /^.*?(?=\n\*,)/s.exec(
    fs.readFileSync(path.join(root, 'web/demo/style.css'), 'utf8'),
  );
  return `${tokens}\n${fs.readFileSync(path.join(root, 'web/about/style.css'), 'utf8')}`;
}

/**
 * Writes the page of ELI5's pictures.
 * @param {string} body
 * @param {string} folder of the pages
 */
function writeParityPage(body, folder) {
  const title = 'ELI5 and gradcam-wasm';
  const text = 'The pictures that ELI5 makes, beside those of gradcam-wasm.';
  const content = { ...PARITY, title, text, body: `<h1>${title}</h1>\n${body}` };
  writeAtomically(path.join(folder, `${PARITY.page}.html`), frame(content));
}

/**
 * Puts ELI5's pictures beside ours.
 * @param {string} folder of the pages
 */
export async function addParity(folder) {
  const { parityChapters } = await import('../tests/golden/parity-chapters.js');
  const pictures = path.join(folder, 'parity');
  fs.mkdirSync(pictures, { recursive: true });
  const body = await parityChapters({
    folder: pictures,
    theirs(file, name) {
      fs.copyFileSync(file, path.join(pictures, name));
      fs.chmodSync(path.join(pictures, name), 0o644);
      return name;
    },
  });
  // The pictures have a folder of their own beside the page.
  writeParityPage(body.replaceAll('<img src="', '<img src="parity/'), folder);
}

/** Writes all pages into build/demo/about. */
export function writeAbout() {
  say('making the About pages');
  const folder = inBuild('demo', 'about');
  fs.rmSync(folder, { recursive: true, force: true });
  for (const entry of [...entries, ...examples]) writePage(entry, folder);
  const absent =
    '<p>The tests compare every explanation that ELI5 gave with ours. The pictures are not here, ' +
    'because the data of these tests were not on the machine that made this page. ' +
    '<a href="contributing.html#tests">Contributing</a> says how to make them.</p>';
  writeParityPage(absent, folder);
  writeAtomically(path.join(folder, 'style.css'), styleSheet());
  fs.copyFileSync(path.join(root, 'web/demo/icon.svg'), path.join(folder, 'icon.svg'));
  writeAtomically(path.join(folder, 'LICENSE.txt'), ownLicence());
  writeAtomically(path.join(folder, 'THIRD_PARTY_NOTICES.txt'), thirdPartyNotices());
}
