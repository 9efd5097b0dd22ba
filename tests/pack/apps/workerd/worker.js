import { GradCamError, loadModel } from 'gradcam-wasm';
import wasmModule from 'gradcam-wasm/gradcam.wasm';
import modelBytes from './model.bin';
import picture from './picture.bin';

/** @param {import('gradcam-wasm').WasmOptions} options */
async function explain(options) {
  const model = await loadModel(modelBytes, options);
  const run = await model.run(picture);
  const { target, heatmap } = (await run.explain()).targets[0];
  return { target, heatmap: [...heatmap.data] };
}

/** @param {unknown} error */
function say(error) {
  return error instanceof GradCamError ? `${error.code}: ${error.message}` : String(error);
}

export default {
  /** @param {Request} request */
  async fetch(request) {
    const options = request.url.endsWith('/bare') ? {} : { wasmModule };
    return Response.json(await explain(options).catch(say));
  },
};
