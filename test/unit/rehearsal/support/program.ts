import { rehearse } from '../../../../src/rehearsal/rehearsal.js';

/*
 * A program that rehearses and has nothing else to do. It never calls `process.exit`: it ends when
 * nothing is left to do.
 */
// A rehearsal keeps no process alive.
const keptAlive = setInterval(() => undefined, 60_000);
await rehearse();
clearInterval(keptAlive);
process.stdout.write('over');
