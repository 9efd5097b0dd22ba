const { readFileSync } = require('node:fs');
const { loadModel } = require('gradcam-wasm');

async function main() {
  const model = await loadModel('../files/model.h5');
  const run = await model.run(readFileSync('../files/picture.jpg'));
  const { target, heatmap } = (await run.explain()).targets[0];
  console.log(JSON.stringify({ target, heatmap: [...heatmap.data] }));
}

main();
