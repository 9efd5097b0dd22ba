import vue from '@vitejs/plugin-vue';

const isCustomElement = (tag) => tag === 'grad-cam';

export default {
  plugins: [vue({ template: { compilerOptions: { isCustomElement } } })],
};
