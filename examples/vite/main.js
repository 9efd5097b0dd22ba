import { formatAsImage, loadModel } from 'gradcam-wasm/worker';

const form = document.querySelector('form');
const output = document.querySelector('output');
const canvas = document.querySelector('canvas');

let model;
let run;

async function openModel() {
  await model?.dispose();
  [model, run] = [undefined, undefined];
  const onProgress = ({ phase, loaded, total }) => {
    output.textContent = `${phase}: ${Math.round((100 * loaded) / total)}%`;
  };
  model = await loadModel(form.model.files, { onProgress });
  const layers = model.layers.filter(({ outputShape }) => outputShape.length === 4);
  form.layer.replaceChildren(
    new Option('default', ''),
    ...layers.map(({ name }) => new Option(name)),
  );
}

async function runModel() {
  const [picture] = form.picture.files;
  if (!model || !picture) return;
  run = await model.run(picture, { image: picture });
  const classes = run.decodePredictions({ top: 10 });
  form.target.replaceChildren(
    ...classes.map(({ index, label, score }) => new Option(`${label} ${score.toFixed(3)}`, index)),
  );
}

async function explain() {
  if (!run) return;
  const options = { targets: Number(form.target.value), layer: form.layer.value || undefined };
  const explanation = await run.explain(options);
  const overlay = await formatAsImage(explanation);
  Object.assign(canvas, { width: overlay.width, height: overlay.height });
  canvas.getContext('2d').putImageData(overlay, 0, 0);
  const [{ label, score, layer, diagnosis }] = explanation.targets;
  output.textContent = `${label}: ${score.toFixed(3)} at ${layer} ${diagnosis?.message ?? ''}`;
}

/** Runs steps one after another, and shows the error of one that fails. */
async function attempt(...steps) {
  try {
    for (const step of steps) await step();
  } catch (error) {
    output.textContent = error.message;
  }
}

form.model.addEventListener('change', () => attempt(openModel, runModel, explain));
form.picture.addEventListener('change', () => attempt(runModel, explain));
form.target.addEventListener('change', () => attempt(explain));
form.layer.addEventListener('change', () => attempt(explain));
