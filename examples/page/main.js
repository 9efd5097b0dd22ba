import { formatAsImage, loadModel } from 'gradcam-wasm';

const form = document.querySelector('form');
const output = document.querySelector('output');
const canvas = document.querySelector('canvas');

let model;

async function openModel() {
  model?.dispose();
  model = undefined;
  // A .keras or .h5 file, or a model.json with its shards.
  model = await loadModel(form.model.files);
}

async function explain() {
  const [picture] = form.picture.files;
  if (!model || !picture) return;
  const run = await model.run(picture, { image: picture }); // drawn in the picture's own size
  const explanation = await run.explain();
  const [{ label, score, diagnosis }] = explanation.targets;
  const overlay = formatAsImage(explanation);
  Object.assign(canvas, { width: overlay.width, height: overlay.height });
  canvas.getContext('2d').putImageData(overlay, 0, 0);
  output.textContent = `${label}: ${score.toFixed(3)} ${diagnosis?.message ?? ''}`;
}

/** Runs steps one after another, and shows the error of one that fails. */
async function attempt(...steps) {
  try {
    for (const step of steps) await step();
  } catch (error) {
    output.textContent = error.message;
  }
}

form.model.addEventListener('change', () => attempt(openModel, explain));
form.picture.addEventListener('change', () => attempt(explain));
