/**
 * npm run bench measures a forward pass and explanations, beside other runtimes and the machine's
 * limit.
 *
 *     npm run bench [-- --host chromium|node] [--rounds N] [--runs N] [--model FILE]
 *                      [--json FILE] [--readme]
 *     npm run bench -- --scaling [--host chromium|node] [--rounds N] [--json FILE]
 *     npm run bench -- --networks [--host chromium|node] [--rounds N] [--readme]
 *     npm run bench -- --page
 *     npm run bench -- --serve
 *     npm run bench -- --methods [--torch] [--host chromium|node] [--rounds N] [--readme]
 *
 * Everything is measured in turn in every round. --runs says for how many runs the memory is
 * watched.
 * --readme writes the tables of docs/performance.md, and the README's table from the first host.
 * --scaling shows how time grows with the network.
 * --networks puts other networks beside onnxruntime-web, and their memory beside their weights.
 * --page shows the first visits of the demo page on a slow line, and what blocks it in use.
 * --serve prints the address of a page that measures in whatever browser opens it.
 * --methods shows what each explanation method costs. With --torch it also times pytorch-grad-cam
 * on PyTorch, which takes 6 GB of packages.
 */

import fs from 'node:fs';
import { loadavg } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { make } from '../wasm-build/make.js';
import { SetupError, inBuild, root, runMain, say, writeAtomically } from '../wasm-build/tools.js';
import { convertModel } from '../web/package/model/convert.js';
import { ARCHITECTURES } from '../web/package/architectures/index.js';
import { chooseHosts, chooseModel, choosePictures, exists, positive } from './options.js';
import { serveSuite } from './hosts.js';
import { measurePage } from './page.js';
import { ensurePeers, peerBytes } from './peers.js';
import { networkTables } from './report-networks.js';
import { comparison, methodTables, scaling, summary, writeInto } from './report.js';
import { pageBytes } from './size.js';
import { timeTorch } from './torch.js';

/** The builds that are compared, the fastest first; those that were not made are left out. */
const BUILDS = Object.entries({
  'gradcam-wasm, relaxed SIMD': 'build/wasm/gradcam-relaxed.wasm',
  'gradcam-wasm, SIMD128': 'build/wasm/gradcam.wasm',
  'stock XNNPACK, relaxed SIMD': 'build/wasm/gradcam-stock.wasm',
});

/** The same with threads. */
const THREADED = {
  'gradcam-wasm, relaxed SIMD': 'build/wasm/gradcam-relaxed-threads.wasm',
  'gradcam-wasm, SIMD128': 'build/wasm/gradcam-threads.wasm',
};

/** What grows: pictures, width, and the networks of keras.applications at their own sizes. */
const SCALING = {
  'MobileNetV2, input': [96, 128, 160, 192, 224, 320, 448].map((side) => ({
    ...{ name: `${side} x ${side}`, architecture: 'MobileNetV2', side, parameters: { alpha: 1 } },
  })),
  'MobileNetV2, width': [0.35, 0.5, 0.75, 1, 1.3, 1.4].map((alpha) => ({
    ...{ name: `${alpha}`, architecture: 'MobileNetV2', side: 224, parameters: { alpha } },
  })),
  networks: [
    ...['MobileNet', 'MobileNetV2', 'MobileNetV3Small', 'MobileNetV3Large', 'EfficientNetB0'],
    ...['NASNetMobile', 'DenseNet121', 'ResNet50', 'ResNet50V2', 'ConvNeXtTiny', 'Xception'],
    ...['InceptionV3', 'VGG16'],
  ].map((architecture) => {
    const { side, variants } = ARCHITECTURES[architecture];
    return { name: architecture, architecture, side, parameters: variants[0] };
  }),
};

/**
 * What --networks measures. The range is that of the pictures. With these gains of the formula for
 * the weights, no activation explodes, and the scores of all classes are of one size.
 */
const NETWORKS = [
  { name: 'EfficientNetB0', range: [0, 255], gains: { gain: 1, head_gain: 1 } },
  { name: 'ResNet50', range: [-128, 128], gains: { gain: 0.5, head_gain: 0.1 } },
  { name: 'NASNetMobile', range: [-1, 1], gains: { gain: 0.7, head_gain: 3 } },
  { name: 'ConvNeXtTiny', range: [0, 255], gains: { gain: 1, head_gain: 1 } },
].map((network) => {
  const { side, variants } = ARCHITECTURES[network.name];
  return { ...network, architecture: network.name, side, parameters: variants[0] };
});

/** Paths of the builds that were made, by their names. */
const builds = () => Object.fromEntries(BUILDS.filter(([, module]) => exists(module)));

/**
 * Files of one model by their kind: as it is, and as .safetensors.
 * @param {string} model path
 */
async function startFiles(model) {
  const file = inBuild('bench/model.safetensors');
  writeAtomically(file, await convertModel(fs.readFileSync(path.join(root, model))));
  return { [path.extname(model)]: model, '.safetensors': path.relative(root, file) };
}

/**
 * @param {string | undefined} file of the model
 * @param {{ rounds: number, runs: number }} options
 * @returns {Promise<object>} options of the suite "compare"
 */
async function prepare(file, options) {
  await ensurePeers();
  make(['wasm', 'stock']);
  const model = chooseModel(file);
  return {
    model,
    modules: builds(),
    threaded: THREADED,
    pictures: choosePictures(),
    starts: await startFiles(model),
    ...options,
  };
}

/**
 * The suite, its options and what writes its report.
 * @param {{ scaling: boolean, networks: boolean, methods: boolean, torch: boolean,
 *   model?: string }} values
 * @param {{ rounds: number, runs: number }} options
 */
async function choose({ scaling: isScaling, networks, methods, torch, model }, options) {
  const { rounds } = options;
  if (isScaling) {
    const given = { rounds, groups: SCALING, modules: builds() };
    return { suite: 'scaling', given, report: scaling };
  }
  if (networks) {
    await ensurePeers();
    const given = { rounds, networks: NETWORKS, modules: builds() };
    return { suite: 'networks', given, report: networkTables };
  }
  if (!methods) {
    return { suite: 'compare', given: await prepare(model, options), report: comparison };
  }
  const files = { model: chooseModel(model), pictures: choosePictures() };
  const peer = torch ? timeTorch(files.model) : undefined;
  /** @type {typeof comparison} */
  const report = (results, conditions) => methodTables(results, conditions, peer);
  return { suite: 'methods', given: { ...files, rounds, modules: builds() }, report };
}

/** For how many runs a served page watches the memory. */
const SERVED_RUNS = 100;

/**
 * Serves the page until the command is ended.
 * @param {object} options of the suite
 */
async function serve(options) {
  const { address } = await serveSuite('compare', options);
  console.log(`open ${address} in the browser to be measured, and press Run`);
  console.log('to end: Ctrl-C');
}

/** How often --page opens the page. */
const VISITS = 5;

await runMain(async () => {
  const { values } = parseArgs({
    options: {
      host: { type: 'string' },
      rounds: { type: 'string', default: '60' },
      runs: { type: 'string', default: '1000' },
      model: { type: 'string' },
      json: { type: 'string' },
      readme: { type: 'boolean', default: false },
      scaling: { type: 'boolean', default: false },
      networks: { type: 'boolean', default: false },
      page: { type: 'boolean', default: false },
      serve: { type: 'boolean', default: false },
      methods: { type: 'boolean', default: false },
      torch: { type: 'boolean', default: false },
    },
  });
  if (values.page) return void console.log(await measurePage(VISITS));
  const hosts = chooseHosts(values.host);
  const [rounds, runs] = [positive('rounds', values.rounds), positive('runs', values.runs)];
  if (values.serve) return serve(await prepare(values.model, { rounds, runs: SERVED_RUNS }));
  if (values.readme && values.scaling) throw new SetupError('--readme writes no --scaling tables');
  if (!exists('build/wasm/gradcam.wasm')) throw new SetupError('run npm run build first');
  const conditions = { when: new Date().toISOString().slice(0, 10), load: [loadavg()[0]] };
  const { suite, given, report } = await choose(values, { rounds, runs });
  const results = [];
  for (const host of hosts) {
    say(`measuring, host ${results.length + 1} of ${hosts.length}`);
    results.push({ ...(await host(suite, given)), pageBytes: pageBytes() });
  }
  conditions.load.push(loadavg()[0]);
  const text = report(results, conditions);
  console.log(text);
  const part = values.networks ? 'networks' : values.methods ? 'methods' : undefined;
  if (values.readme && part) await writeInto('docs/performance.md', text, part);
  else if (values.readme) {
    const sizes = { 'gradcam-wasm': results[0].pageBytes, ...(await peerBytes()) };
    await writeInto('docs/performance.md', text);
    await writeInto('README.md', summary(results[0], sizes));
  }
  if (values.json) {
    fs.writeFileSync(values.json, JSON.stringify({ ...conditions, results }, null, 1) + '\n');
  }
});
