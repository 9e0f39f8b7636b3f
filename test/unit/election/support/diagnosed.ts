import { subscribe } from 'node:diagnostics_channel';
import { LeaderElection, LeaseLock } from '../../../../src/index.js';

/*
 * A program that leads for two renewals, tells what requests and connections Node's own diagnostics
 * have shown, and never calls `process.exit`: it ends when nothing is left to do.
 */
const seen = new Set<string>();
subscribe('http.client.request.start', (message) => {
  const { request } = message as { request: { protocol: string; host: string } };
  seen.add(`${request.protocol}//${request.host}`);
});
subscribe('net.client.socket', () => seen.add('a socket'));
subscribe('undici:request:create', () => seen.add('undici'));

const election = new LeaderElection({
  lock: new LeaseLock({ name: 'lock', namespace: 'default' }),
  leaseDurationSeconds: 30,
  renewDeadlineSeconds: 20,
  retryPeriodSeconds: 1,
  onStartedLeading: null,
});
let renewals = 0;
election.on('renewed', () => {
  renewals += 1;
  if (renewals === 2) void election.stop();
});
const { reason } = await election.run();
process.stdout.write(JSON.stringify({ reason, seen: [...seen].sort() }));
