/** The page's inspector: the tree of a model, the places of its graph, and figures in words. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { init, loadModel } from 'gradcam-wasm';
import { ARCHITECTURES } from '../../web/package/architectures/index.js';
import { Network } from '../../web/package/engine/network.js';
import { Facts, countText } from '../../web/demo/inspect/facts.js';
import { layOut } from '../../web/demo/inspect/layout.js';
import { buildTree, connections, layersIn, seen, walk } from '../../web/demo/inspect/tree.js';
import { DEFAULT_MODEL } from './fixtures.js';

/** @typedef {import('../../web/demo/inspect/tree.js').TreeNode} TreeNode */

/**
 * @param {string} name of a network of keras.applications
 */
async function layersOf(name) {
  const { side, variants, build } = ARCHITECTURES[name];
  const parameters = { ...variants[0], inputSize: [side, side], includeTop: true, classes: 1000 };
  const network = new Network(await init(), await build(parameters));
  const { layers } = network;
  network.dispose();
  return layers;
}

/** @param {TreeNode} node */
const names = ({ children }) => children.map(({ name }) => name);

/**
 * The graph of what is seen.
 * @param {TreeNode} root
 * @param {Set<TreeNode>} open
 */
function graphNodes(root, open) {
  return [...seen(root, open)].filter((node) => node !== root && !open.has(node));
}

describe('the tree', () => {
  test('holds every layer once, in its order', async () => {
    for (const name of Object.keys(ARCHITECTURES)) {
      const layers = await layersOf(name);
      const root = buildTree(layers, name);
      assert.deepEqual(
        layersIn(root).sort((a, b) => a - b),
        [...layers.keys()],
        name,
      );
      const leaves = [...walk(root)].filter(({ kind }) => kind === 'layer');
      const order = leaves.map(({ layer }) => Number(layer));
      assert.ok(
        order.every((layer, i) => i === 0 || order[i - 1] < layer),
        name,
      );
      const ids = [...walk(root)].map(({ id }) => id);
      assert.equal(new Set(ids).size, ids.length, name);
      assert.ok(root.children.length < 110, `${name}: ${root.children.length}`);
    }
  });

  test('has a block for layers whose names begin alike, and stages around blocks', async () => {
    const root = buildTree(await layersOf('ResNet50'), 'ResNet50');
    const stages = root.children.filter(({ kind }) => kind === 'block');
    assert.deepEqual(
      stages.map(({ name }) => name),
      ['conv1', 'conv2', 'conv3', 'conv4', 'conv5'],
    );
    assert.deepEqual(names(stages[1]), ['conv2_block1', 'conv2_block2', 'conv2_block3']);
  });

  test('takes in layers with names of Keras among those of a block', async () => {
    const root = buildTree(await layersOf('MobileNetV3Small'), 'MobileNetV3Small');
    const block = root.children.find(({ name }) => name === 'expanded_conv_1');
    assert.deepEqual(
      block?.children.map(({ name }) => name.replace('expanded_conv_1_', '')),
      [
        ...['expand', 'expand_bn', 're_lu_2'],
        ...['depthwise_pad', 'depthwise', 'depthwise_bn', 're_lu_3'],
        ...['project', 'project_bn'],
      ],
    );
  });

  test('folds branches of nameless layers, up to where they meet', async () => {
    const root = buildTree(await layersOf('InceptionV3'), 'InceptionV3');
    const blocks = root.children.filter(({ kind }) => kind === 'block').map(({ name }) => name);
    for (const name of ['mixed0', 'mixed5', 'mixed10']) assert.ok(blocks.includes(name), name);
  });

  test('folds the cells of NASNet, which read the cell before the last one too', async () => {
    const root = buildTree(await layersOf('NASNetMobile'), 'NASNetMobile');
    const cells = root.children.filter(({ kind }) => kind === 'block').map(({ name }) => name);
    assert.deepEqual(
      [cells.length, cells[0], cells[1], cells[2], cells[15]],
      [
        16,
        'reduction_concat_stem_1',
        'reduction_concat_stem_2',
        'normal_concat_0',
        'normal_concat_12',
      ],
    );
    assert.deepEqual(names(root).slice(-3), [
      'activation_187',
      'global_average_pooling2d',
      'predictions',
    ]);
  });
});

describe('the graph', () => {
  test('has no node on another, every connection leads down, and none is lost', async () => {
    for (const name of ['MobileNetV2', 'ResNet50', 'InceptionV3', 'NASNetMobile']) {
      const layers = await layersOf(name);
      const root = buildTree(layers, name);
      for (const open of [new Set([root]), new Set(walk(root))]) {
        const nodes = graphNodes(root, new Set([...open].filter((n) => n.children.length > 0)));
        const edges = connections(nodes, layers);
        const sizes = nodes.map(({ name }) => ({ width: 60 + name.length * 8, height: 42 }));
        const { places, lines, rows, width } = layOut(sizes, edges);
        assert.equal(lines.length, edges.length);
        for (const [from, to] of edges) assert.ok(places[from].y < places[to].y, name);
        places.forEach(({ x, y }, i) => {
          assert.ok(x - sizes[i].width / 2 >= -0.01 && x + sizes[i].width / 2 <= width + 0.01);
          for (let j = 0; j < i; j++) {
            if (rows[i] !== rows[j]) continue;
            const apart = (sizes[i].width + sizes[j].width) / 2;
            assert.ok(Math.abs(x - places[j].x) >= apart && y === places[j].y, nodes[i].id);
          }
        });
        const read = new Set(edges.map(([, to]) => to));
        const roots = nodes.filter((_, i) => !read.has(i));
        assert.deepEqual(roots.length, 1, roots.map(({ id }) => id).join());
      }
    }
  });

  test('leads into and out of an open nested model', async () => {
    const model = await loadModel(readFileSync(DEFAULT_MODEL));
    const { layers, name } = model.description;
    model.dispose();
    const root = buildTree(layers, name);
    const nested = root.children.filter(({ kind }) => kind === 'nested');
    assert.equal(nested.length, 1);
    const nodes = graphNodes(root, new Set([root, ...nested]));
    const edges = connections(nodes, layers).map((edge) => edge.map((i) => nodes[i].name));
    const has = (/** @type {string} */ from, /** @type {string} */ to) =>
      edges.some((edge) => edge[0] === from && edge[1] === to);
    assert.ok(has('input_layer_1', 'input_layer'), JSON.stringify(edges));
    assert.ok(has('out_relu', 'global_average_pooling2d'), JSON.stringify(edges));
  });
});

describe('facts', () => {
  test('of the model and its parts add up to the profile', async () => {
    const model = await loadModel(readFileSync(DEFAULT_MODEL));
    const profile = await model.profile();
    const { layers, name } = model.description;
    model.dispose();
    const root = buildTree(layers, name);
    const facts = new Facts(layers);
    assert.equal(facts.of(root).time, undefined);
    facts.take(profile);
    const { params, multiplyAdds, time } = facts.of(root);
    assert.equal(params, profile.params);
    assert.equal(multiplyAdds, profile.multiplyAdds);
    const steps = (profile.steps ?? []).reduce((sum, step) => sum + step.time, 0);
    assert.ok(Math.abs(Number(time) - steps) < 1e-6);
    const [block] = [...walk(root)].filter((node) => node.name === 'block_1');
    const parts = block.children.map((node) => facts.of(node));
    assert.equal(
      facts.of(block).params,
      parts.reduce((sum, part) => sum + part.params, 0),
    );
    // The parts of a fused step each have its time, so the block has less than their sum.
    const sum = parts.reduce((sum, part) => sum + Number(part.time), 0);
    assert.ok(Number(facts.of(block).time) > 0 && Number(facts.of(block).time) < sum);
    const expand = facts.of(block.children[0]);
    assert.ok(expand.together.some((path) => path.endsWith('block_1_expand_relu')));
  });

  test('are written in three digits', () => {
    assert.deepEqual([0, 9999, 10_000, 85_320, 4_694_024, 3.9e9].map(countText), [
      '0',
      '9,999',
      '10.0 k',
      '85.3 k',
      '4.69 M',
      '3.90 G',
    ]);
  });
});
