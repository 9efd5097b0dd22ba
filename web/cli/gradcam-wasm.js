#!/usr/bin/env node
import { main } from './main.js';

// A reader that has seen enough, such as head, is no failure.
process.stdout.on('error', (error) => {
  if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EPIPE') throw error;
});

const { status, output, error } = await main(process.argv.slice(2));
process.stdout.write(output);
process.stderr.write(error);
// Not process.exit(): a pipe may still be taking the output.
process.exitCode = status;
