import { performance } from 'node:perf_hooks';

// Imports the modules named in its arguments, one after the other, in a fresh process, and prints
// how long each took and what the process weighs in the end.

const ms = [];
for (const name of process.argv.slice(2)) {
  const from = performance.now();
  await import(name);
  ms.push(performance.now() - from);
}
// Before the collection: what was needed for a moment was needed all the same.
const rssBytes = process.memoryUsage().rss;
globalThis.gc();
process.stdout.write(JSON.stringify({ ms, rssBytes, heapBytes: process.memoryUsage().heapUsed }));
