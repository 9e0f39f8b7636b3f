import { expect, it } from 'vitest';
import { LeaderElection } from '../../src/election/leader-election.js';
import { ConfigError } from '../../src/errors/config-error.js';
import {
  connectInspector,
  connectStately,
  inspectElection,
  startInspector,
} from '../../src/inspect.js';
import { InMemoryLockStore } from '../../src/testing/in-memory-lock.js';

const LOCAL = 'http://127.0.0.1:1/';
const election = new LeaderElection({
  lock: new InMemoryLockStore().lock('me'),
  onStartedLeading: null,
});

/* Whatever is wrong is told by its name, before anything listens or is connected to. */
it.each<[call: () => unknown, problem: string]>([
  [() => startInspector({ prot: 4040 } as object), 'prot is not an option: did you mean port?'],
  [() => startInspector({ port: 70_000 }), 'port must be at most 65535; received 70000'],
  [() => startInspector({ token: 'short' }), 'token must be at least 16 letters'],
  [
    () => inspectElection(election, { hots: 'x' } as object),
    'hots is not an option: did you mean host?',
  ],
  [() => inspectElection(election, { report: 'x' }), 'report must be the address of a live chart'],
  [() => inspectElection(election, { report: LOCAL }), 'token must be that of the live chart'],
  [() => inspectElection({} as never), 'subject must be a LeaderElection, or an actor'],
  [() => connectInspector({} as never), 'url must be the address of a live chart'],
  [() => connectInspector({ url: LOCAL, token: 'short' }), 'token must be at least 16 letters'],
  [
    () => connectStately(null, { url: 'wss://x' }),
    'url must be the address of a viewer on this machine',
  ],
])('%s is refused', async (call, problem) => {
  const called = Promise.resolve().then(call);
  await expect(called).rejects.toThrow(ConfigError);
  await expect(called).rejects.toThrow(problem);
});
