// A model in the state of a Vue app, as users keep it there.

import { readFileSync } from 'node:fs';
import { loadModel } from 'gradcam-wasm';
import { createSSRApp, h, reactive, ref } from 'vue';

const model = ref();
const state = reactive({ run: undefined });
model.value = await loadModel(readFileSync('../files/model.h5'));
state.run = await model.value.run(readFileSync('../files/picture.jpg'));
createSSRApp({ render: () => h('p', model.value.name) });
const { target, heatmap } = (await state.run.explain()).targets[0];
console.log(JSON.stringify({ target, heatmap: [...heatmap.data] }));
