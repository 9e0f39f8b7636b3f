import { performance } from 'node:perf_hooks';

// Imports the modules named in its arguments, one after the other, in a fresh process, and prints
// how long each took and what the process weighs in the end. The garbage of one is collected before
// the next, or that would pay for it, or not, as chance has it.

const ms = [];
for (const name of process.argv.slice(2)) {
  globalThis.gc();
  const from = performance.now();
  await import(name);
  ms.push(performance.now() - from);
}
// At its height: what was needed for a moment was needed all the same.
const rssBytes = process.resourceUsage().maxRSS * 1024;
globalThis.gc();
process.stdout.write(JSON.stringify({ ms, rssBytes, heapBytes: process.memoryUsage().heapUsed }));
