export default {
  mode: 'production',
  entry: './main.js',
  // It takes ten seconds, and the package gives it nothing to stumble over that others do not.
  optimization: { minimize: false },
};
