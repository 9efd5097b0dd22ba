// StrictMode mounts everything twice in development only.
export default { define: { 'process.env.NODE_ENV': '"development"' } };
