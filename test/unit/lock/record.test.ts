import { describe, expect, it } from 'vitest';
import { ConfigMapLock, LeaderElectionRecord, LeaseLock } from '../../../src/index.js';
import { InMemoryLockStore } from '../../../src/testing.js';
import { kubeConfig } from '../kubernetes/support/kube-configs.js';
import { answerWith, serversOfEachTest } from '../kubernetes/support/server.js';

const FORM = '{ holderIdentity, leaseDurationSeconds, acquireTime, renewTime, leaderTransitions }';
const NO_OBJECTS = [undefined, null, 'me', 15, true, [], ['me', 15], () => undefined];

describe('a record', () => {
  it('is not made of values in a row, as in Python: the error shows the right form', () => {
    const Positional = LeaderElectionRecord as unknown as new (...values: unknown[]) => unknown;
    expect(() => new Positional('me', 15, '', '')).toThrow(
      expect.objectContaining({
        name: 'ConfigError',
        message:
          'LeaderElectionRecord: 1 problem\n' +
          `  - fields must be an object, as in new LeaderElectionRecord(${FORM}); received "me"`,
      }) as Error,
    );
  });

  it.each(NO_OBJECTS)('is not made of %j', (value) => {
    const make = (): unknown => new LeaderElectionRecord(value as unknown as LeaderElectionRecord);
    expect(make).toThrow(/fields must be an object/);
  });
});

describe('a lock that is to write', () => {
  const start = serversOfEachTest();

  it.each(NO_OBJECTS)('refuses %j in the place of the record, and sends nothing', async (value) => {
    const server = await start(answerWith(200, {}));
    const options = { name: 'l', namespace: 'n', kubeConfig: kubeConfig({ server: server.url }) };
    const locks = {
      LeaseLock: new LeaseLock(options),
      ConfigMapLock: new ConfigMapLock(options),
      InMemoryLock: new InMemoryLockStore().lock('me'),
    };
    for (const [name, lock] of Object.entries(locks)) {
      for (const method of ['create', 'update'] as const) {
        await expect(lock[method](value as unknown as LeaderElectionRecord)).rejects.toMatchObject({
          name: 'ConfigError',
          message: expect.stringContaining(
            `${name}.${method}(): 1 problem\n` +
              `  - record must be an object, as in ${method}(new LeaderElectionRecord(${FORM}));`,
          ),
        });
      }
    }
    expect(server.requests).toEqual([]);
  });
});
