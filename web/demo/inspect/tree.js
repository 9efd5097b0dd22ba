/**
 * A model as a tree. Nested models hold their layers. Blocks hold layers with the same first part
 * in their names, or layers between two points through which everything goes.
 */

/** @import { Model } from 'gradcam-wasm/worker' */

/** @typedef {Model['description']['layers'][number]} LayerInfo */

/**
 * @typedef {object} TreeNode
 * @property {string} id the path of a layer. A block has a name in brackets
 * @property {string} name
 * @property {'model' | 'nested' | 'block' | 'layer'} kind
 * @property {number} [layer] index of the layer or of the nested model
 * @property {TreeNode} [parent]
 * @property {TreeNode[]} children in the order in which they run
 * @property {number} depth 0 for the model
 */

/** Fewer layers make no block. */
const FEWEST = 3;
/** So many layers of other names may interrupt a block. */
const GAP = 4;
/** A block with fewer parts is not divided further. So many nameless layers stay as they are. */
const FEW = 13;
/** A stretch of more layers is divided where branches meet, though connections lead past there. */
const LONG = 100;
/** So many branches that meet end a cell. */
const BRANCHES = 3;

/**
 * @param {LayerInfo[]} layers
 * @param {string} name of the model
 * @returns {TreeNode}
 */
export function buildTree(layers, name) {
  /** @type {TreeNode} */
  const root = { id: '', name, kind: 'model', children: [], depth: 0 };
  const inside = groups(layers.map(({ parent }) => parent));
  const grow = (/** @type {TreeNode} */ node, /** @type {number} */ parent) => {
    const made = (inside.get(parent) ?? []).map((layer) => {
      const { path } = layers[layer];
      const own = { id: path, name: lastPart(path), layer, children: [], depth: 0 };
      /** @type {TreeNode} */
      const child = { ...own, kind: inside.has(layer) ? 'nested' : 'layer' };
      if (child.kind === 'nested') grow(child, layer);
      return child;
    });
    node.children = foldByPaths(foldByNames(made, node.id, 0), node.id, layers);
  };
  grow(root, -1);
  settle(root);
  return root;
}

/**
 * The positions of each key.
 * @param {number[]} keys
 */
export function groups(keys) {
  /** @type {Map<number, number[]>} */
  const found = new Map();
  keys.forEach((key, i) => {
    const group = found.get(key);
    if (group) group.push(i);
    else found.set(key, [i]);
  });
  return found;
}

/** @param {string} path */
function lastPart(path) {
  return path.slice(path.lastIndexOf('/') + 1);
}

/**
 * Sets parents and depths, and makes every id the only one of its kind.
 * @param {TreeNode} node
 * @param {Set<string>} [taken]
 */
function settle(node, taken = new Set()) {
  while (taken.has(node.id)) node.id += '+';
  taken.add(node.id);
  for (const child of node.children) {
    Object.assign(child, { parent: node, depth: node.depth + 1 });
    settle(child, taken);
  }
}

/**
 * @param {string} outer id of the node around it
 * @param {string} name
 * @param {TreeNode[]} children
 * @returns {TreeNode}
 */
function block(outer, name, children) {
  return { id: `${outer}[${name}]`, name, kind: 'block', children, depth: 0 };
}

/**
 * The first part of a name, as "block_1" of "block_1_expand" and then "conv2_block1" of
 * "conv2_block1_1_conv". A name such as "conv2d_5" is one that Keras gives by itself.
 * @param {string} name
 * @param {number} skip length of the part that the names have already in common
 */
function firstPart(name, skip) {
  if (/^expanded_conv_(?!\d)/.test(name)) return skip === 0 ? 'expanded_conv' : undefined;
  for (let end = name.indexOf('_', skip + 1); end >= 0; end = name.indexOf('_', end + 1)) {
    const word = name.slice(name.lastIndexOf('_', end - 1) + 1, end);
    if (/\d/.test(word) && !/^\d+$/.test(name.slice(end + 1))) return name.slice(0, end);
  }
  return undefined;
}

/**
 * @param {TreeNode[]} nodes neighbours
 * @param {string} outer id of the node around them
 * @param {number} skip length of the part that their names have already in common
 * @returns {TreeNode[]}
 */
function foldByNames(nodes, outer, skip) {
  /** @type {{ part: string | undefined, run: TreeNode[] }[]} */
  const runs = [];
  for (const node of nodes) {
    const part = node.kind === 'layer' ? firstPart(node.name, skip) : undefined;
    const at = part === undefined ? -1 : runs.findLastIndex((run) => run.part !== undefined);
    const isSame = at >= 0 && runs[at].part === part && runs.length - at <= GAP + 1;
    // Layers with names of Keras' own may stand among those of a block.
    if (isSame) runs[at].run.push(...runs.splice(at + 1).flatMap(({ run }) => run), node);
    else runs.push({ part, run: [node] });
  }
  return runs.flatMap(({ part, run }) => {
    if (part === undefined || run.length < FEWEST) return run;
    const inner = run.length < FEW ? run : foldByNames(run, outer, part.length);
    // One block that holds all that is in another says nothing.
    return inner.length === 1 ? inner : [block(outer, part, inner)];
  });
}

/**
 * Folds what lies between two layers through which everything goes, as the branches of Inception.
 * A block has the name of the layer in which its branches meet.
 * @param {TreeNode[]} nodes
 * @param {string} outer
 * @param {LayerInfo[]} layers
 * @returns {TreeNode[]}
 */
function foldByPaths(nodes, outer, layers) {
  if (nodes.length < FEW) return nodes;
  const ends = narrowPlaces(nodes, layers);
  const parts = cut(nodes, (_, i) => ends.includes(i));
  // What follows the last of these places stays as it is.
  const rest = parts[ends.length] ?? [];
  const folded = parts.slice(0, ends.length).flatMap((part) => {
    const cells = part.length > LONG ? cut(part, (node) => joinsBranches(node, layers)) : [part];
    return cells.flatMap((cell) => {
      const single = cell.filter(({ kind }) => kind === 'layer').length;
      const isBlock = single >= FEWEST && cell.every(({ kind }) => kind !== 'nested');
      return isBlock ? [block(outer, lastLeaf(cell).name, cell)] : cell;
    });
  });
  return [...folded, ...rest];
}

/**
 * Cuts a list behind some of its nodes.
 * @param {TreeNode[]} nodes
 * @param {(node: TreeNode, i: number) => boolean} isEnd
 */
function cut(nodes, isEnd) {
  /** @type {TreeNode[][]} */
  const parts = [[]];
  nodes.forEach((node, i) => {
    parts[parts.length - 1].push(node);
    if (isEnd(node, i)) parts.push([]);
  });
  return parts.filter(({ length }) => length > 0);
}

/**
 * Whether a layer ends a cell, as in NASNet. Its cells read the cell before the last one, too.
 * @param {TreeNode} node
 * @param {LayerInfo[]} layers
 */
function joinsBranches({ kind, layer = -1 }, layers) {
  if (kind !== 'layer') return false;
  const { type, inputs } = layers[layer];
  return type === 'Concatenate' && inputs.length >= BRANCHES;
}

/**
 * @param {TreeNode[]} nodes
 * @returns {TreeNode}
 */
function lastLeaf(nodes) {
  const last = nodes[nodes.length - 1];
  return last.children.length > 0 ? lastLeaf(last.children) : last;
}

/**
 * The positions that no connection passes by.
 * @param {TreeNode[]} nodes
 * @param {LayerInfo[]} layers
 */
function narrowPlaces(nodes, layers) {
  const place = placesOf(nodes, layers);
  const reach = nodes.map((_, i) => i);
  layers.forEach(({ inputs }, layer) => {
    const to = place.get(layer);
    if (to === undefined) return;
    for (const input of inputs) {
      const from = place.get(input);
      if (from !== undefined && from < to) reach[from] = Math.max(reach[from], to);
    }
  });
  const narrow = [];
  for (let i = 0, farthest = 0; i < nodes.length; i++) {
    if (farthest <= i) narrow.push(i);
    farthest = Math.max(farthest, reach[i]);
  }
  return narrow;
}

/**
 * For each layer the position of the node that is it or holds it.
 * @param {TreeNode[]} nodes
 * @param {LayerInfo[]} layers
 */
export function placesOf(nodes, layers) {
  /** @type {Map<number, number>} */
  const places = new Map();
  nodes.forEach((node, i) => {
    for (const layer of layersIn(node)) places.set(layer, i);
  });
  for (const layer of layers.keys()) {
    for (let at = layer; at >= 0 && !places.has(layer); at = layers[at].parent) {
      const place = places.get(at);
      if (place !== undefined) places.set(layer, place);
    }
  }
  return places;
}

/**
 * The layers in a node, nested models among them.
 * @param {TreeNode} node
 * @returns {number[]}
 */
export function layersIn({ layer, children }) {
  return [...(layer === undefined ? [] : [layer]), ...children.flatMap(layersIn)];
}

/**
 * All nodes, each before those in it.
 * @param {TreeNode} node
 * @returns {Generator<TreeNode>}
 */
export function* walk(node) {
  yield node;
  for (const child of node.children) yield* walk(child);
}

/**
 * The nodes that are seen.
 * @param {TreeNode} node
 * @param {ReadonlySet<TreeNode>} open nodes whose children are seen too
 * @returns {Generator<TreeNode>}
 */
export function* seen(node, open) {
  yield node;
  if (open.has(node)) for (const child of node.children) yield* seen(child, open);
}

/**
 * The nodes around a node, from inside to outside.
 * @param {TreeNode} node
 * @returns {TreeNode[]}
 */
export function around({ parent }) {
  return parent ? [parent, ...around(parent)] : [];
}

/**
 * The connections between the nodes of a graph, which shows what is in open nodes in place of them.
 * @param {TreeNode[]} nodes of the graph, in the order in which they run
 * @param {LayerInfo[]} layers
 * @returns {[from: number, to: number][]} positions in `nodes`
 */
export function connections(nodes, layers) {
  const place = placesOf(nodes, layers);
  const inside = groups(layers.map(({ parent }) => parent));
  /** @type {Map<string, [number, number]>} */
  const found = new Map();
  const add = (/** @type {number} */ from, /** @type {number} */ to) => {
    const [a, b] = [place.get(ending(from)), place.get(to)];
    if (a !== undefined && b !== undefined && a < b) found.set(`${a} ${b}`, [a, b]);
  };
  /**
   * The layer that gives the output of a nested model.
   * @param {number} layer
   * @returns {number}
   */
  const ending = (layer) => {
    const own = inside.get(layer);
    if (!own || place.has(layer)) return layer;
    const read = new Set(own.flatMap((i) => layers[i].inputs));
    const last = own.findLast((i) => !read.has(i)) ?? own[own.length - 1];
    return ending(last);
  };
  /**
   * The layers that take the inputs of a nested model.
   * @param {number} layer
   * @returns {number[]}
   */
  const beginnings = (layer) => {
    const own = inside.get(layer);
    if (!own || place.has(layer)) return [layer];
    const first = own.filter((i) => layers[i].inputs.length === 0);
    return first.flatMap(beginnings);
  };
  layers.forEach(({ inputs }, layer) => {
    for (const input of inputs) for (const to of beginnings(layer)) add(input, to);
  });
  return [...found.values()];
}
