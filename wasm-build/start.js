// Sets up, builds and serves the demo page, for `npm start`. PORT chooses the port. If the port is
// in use, the next free one is taken.

import { make } from './make.js';
import { buildSteps, setUp } from './setup.js';
import { SetupError, runMain } from './tools.js';

await runMain(async () => {
  const port = Number(process.env.PORT ?? 8080);
  if (!(Number.isInteger(port) && port >= 0 && port < 65536)) {
    throw new SetupError(`PORT is ${process.env.PORT}, not a port number`);
  }
  await setUp([...buildSteps, 'models']);
  make(['wasm']);
  const { buildDemo, serveDemo } = await import('./demo.js');
  await buildDemo();
  const { address } = await serveDemo(port);
  console.log(`The demo page is at ${address} (Ctrl+C ends)`);
});
