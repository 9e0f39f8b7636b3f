import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import type { ApiTransport } from '../../../../src/kubernetes/api-client.js';
import { HolderWatch } from '../../../../src/lock/evidence/holder-watch.js';
import { VirtualClock } from '../../../../src/testing/virtual-clock.js';
import { holder, self } from './support.js';

it('one pod is watched once, however often its offer comes and goes, and not after the end', async () => {
  let opened = 0;
  const open = new Set<PassThrough>();
  const transport: ApiTransport = {
    request: () => Promise.reject(new Error('nothing is asked for')),
    stream: ({ signal }) => {
      const stream = new PassThrough();
      opened += 1;
      open.add(stream);
      signal?.addEventListener('abort', () => open.delete(stream));
      const body = stream as unknown as IncomingMessage;
      return Promise.resolve({ status: 200, headers: {}, body, address: '', scrub: String });
    },
  };
  const nothing = (): void => undefined;
  const watch = new HolderWatch({
    transport,
    namespace: 'default',
    own: { process: () => Promise.resolve({ ...self, uid: 'another' }) },
    isDeath: () => false,
    watcher: {
      ...{ changed: nothing, opened: nothing, failed: nothing },
      clock: new VirtualClock(),
      random: () => 0.5,
    },
  });
  // As in one chunk of the lock's watch: a renewal, an edit that makes its offer void, the next renewal.
  for (const one of [holder, null, holder]) watch.follow(one);
  await new Promise(setImmediate);
  expect([opened, open.size]).toEqual([1, 1]);
  watch.close();
  expect(open.size).toBe(0);
});
