// The same in a worker thread. The main thread does nothing but wait for its end.
import { Worker } from 'node:worker_threads';

new Worker(new URL('./election.mjs', import.meta.url));
