import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ConfigMapLock, LeaderElection, LeaseLock } from '../../src/index.js';
import { ensurePythonClient, PYTHON_FLEET_CANDIDATE } from '../peers/python/build.js';
import { describeWithPython } from '../peers/python/describe-with-python.js';
import { PythonCandidate, type PythonSettings } from '../peers/python/python-candidate.js';
import type { RunningApiServer } from '../support/api-server-types.js';
import { FaultProxy } from './fleet/fault-proxy.js';
import { fleetOn } from './fleet/setup.js';

// What docs/from-python.md says of the Python client, of the version in requirements.txt.

const NAMESPACE = 'python';
const TIMINGS = { leaseDurationSeconds: 4, renewDeadlineSeconds: 3, retryPeriodSeconds: 1 };
/** Where no lease has to run out: none does, however long a process takes to start. */
const LONG = { leaseDurationSeconds: 90, renewDeadlineSeconds: 80, retryPeriodSeconds: 1 };
const LEASES = `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases`;
const CONFIG_MAPS = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
const ANNOTATION = 'control-plane.alpha.kubernetes.io/leader';
const UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

type Fields = Record<string, unknown>;

vi.setConfig({ testTimeout: 90_000 });

describeWithPython('the Python client', describePython);

function describePython(server: () => RunningApiServer): void {
  let python = '';
  let kubeConfigPath = '';
  let names = 0;
  let name = '';
  const running: AsyncDisposable[] = [];

  beforeAll(async () => {
    python = await ensurePythonClient();
    await server().createNamespace(NAMESPACE);
    kubeConfigPath = await server().writeKubeConfig('candidate');
  });

  afterEach(async () => {
    for (const one of running.splice(0).reverse()) await one[Symbol.asyncDispose]();
  });

  function pythonCandidate(
    kind: PythonSettings['kind'],
    changes: Partial<PythonSettings> = {},
  ): PythonCandidate {
    const lock = { kind, name, namespace: NAMESPACE, who: 'python' };
    const settings = { ...lock, ...TIMINGS, kubeConfigPath, work: 'goes on', ...changes } as const;
    const candidate = new PythonCandidate(python, settings);
    running.push(candidate);
    return candidate;
  }

  function ownCandidate(kind: PythonSettings['kind'], timings = TIMINGS): LeaderElection {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromString(server().kubeConfig('candidate'));
    const Lock = kind === 'lease' ? LeaseLock : ConfigMapLock;
    const lock = new Lock({ name, namespace: NAMESPACE, identity: 'own', kubeConfig });
    const election = new LeaderElection({
      lock,
      ...timings,
      onStartedLeading: null,
      logger: false,
    });
    running.push(election);
    return election;
  }

  const read = async (path: string): Promise<Fields> =>
    (await server().request('admin', 'GET', `${path}/${name}`)).body as Fields;
  const leaseSpec = async (): Promise<Fields> => (await read(LEASES))['spec'] as Fields;
  const annotation = async (): Promise<string> => {
    const metadata = (await read(CONFIG_MAPS))['metadata'] as { annotations: Fields };
    return metadata.annotations[ANNOTATION] as string;
  };
  const newLock = (): string => (name = `lock-${(names += 1)}`);

  describe('and its locks', () => {
    it('a LeaseLock of its and a ConfigMapLock of ours have two leaders', async () => {
      newLock();
      const theirs = pythonCandidate('lease', LONG);
      await theirs.tells('started');
      const ours = ownCandidate('configmap', LONG);
      expect(await ours.acquire()).toBe(true);
      expect([ours.isLeader(), theirs.told]).toEqual([true, ['started']]);
    });

    it.each(['lease', 'configmap'] as const)(
      'with the same kind of lock, a %s, one waits for the other and hears of its release',
      async (kind) => {
        newLock();
        const ours = ownCandidate(kind, LONG);
        await ours.acquire();
        const theirs = pythonCandidate(kind);
        await theirs.tells('waits');
        expect([ours.isLeader(), theirs.told]).toEqual([true, ['waits']]);
        await ours.stop();
        await theirs.tells('started');
        const second = ownCandidate(kind, LONG);
        const seen = new Promise((resolve) => {
          second.on('newLeader', ({ identity }) => {
            resolve(identity);
          });
        });
        void second.acquire();
        expect(await seen).toBe('python');
        expect(second.isLeader()).toBe(false);
      },
    );

    it('writes UTC and a number to a Lease, and neither makes nor raises a count of transitions', async () => {
      newLock();
      const first = pythonCandidate('lease');
      await first.tells('started');
      const spec = await leaseSpec();
      expect(spec).toEqual({
        holderIdentity: 'python',
        leaseDurationSeconds: 4,
        acquireTime: expect.stringMatching(UTC),
        renewTime: expect.stringMatching(UTC),
      });
      expect(Math.abs(Date.parse(spec['renewTime'] as string) - Date.now())).toBeLessThan(60_000);
      await first[Symbol.asyncDispose]();
      const ours = ownCandidate('lease');
      await ours.acquire();
      expect(await leaseSpec()).toMatchObject({ holderIdentity: 'own', leaseTransitions: 1 });
      await ours.stop();
      const second = pythonCandidate('lease');
      await second.tells('started');
      expect(await leaseSpec()).toMatchObject({ holderIdentity: 'python', leaseTransitions: 1 });
    });

    it('writes local times and a text to a ConfigMap, and no count of transitions', async () => {
      newLock();
      await pythonCandidate('configmap').tells('started');
      const local = expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/) as string;
      const record = JSON.parse(await annotation()) as Fields;
      expect(record).toEqual({
        holderIdentity: 'python',
        leaseDurationSeconds: '4',
        acquireTime: local,
        renewTime: local,
      });
      const asUtc = Date.parse(`${(record['renewTime'] as string).replace(' ', 'T')}Z`);
      expect(Date.now() - asUtc).toBeGreaterThan(3 * 3_600_000);
    });

    it.each([
      ['without times', JSON.stringify({ holderIdentity: 'held', leaseDurationSeconds: 15 })],
      ['that is no JSON', '{"holderIdentity":'],
    ])('takes a record %s at once, where ours waits', async (_, text) => {
      newLock();
      const metadata = { name, annotations: { [ANNOTATION]: text } };
      await server().request('admin', 'POST', CONFIG_MAPS, { metadata });
      const ours = ownCandidate('configmap', LONG);
      const waits = new Promise<void>((resolve) => {
        ours.on('watching', () => {
          resolve();
        });
      });
      void ours.acquire();
      await waits;
      await pythonCandidate('configmap', LONG).tells('started');
      expect(ours.isLeader()).toBe(false);
      expect(await annotation()).toContain('"python"');
    });
  });

  it.concurrent.each(['lease', 'configmap'] as const)(
    'of kubernetes_asyncio, on a %s, takes over from ours and gives it back',
    async (kind) => {
      await using fleet = await fleetOn(server(), kind, TIMINGS);
      const theirs = [python, PYTHON_FLEET_CANDIDATE, 'kubernetes_asyncio'] as const;
      await fleet.start('ours');
      await fleet.nextLeader(0, 20_000);
      await fleet.start('theirs', {}, theirs);
      expect((await fleet.nextLeader(await fleet.stop('ours'), 20_000)).who).toBe('theirs');
      await fleet.start('ours again');
      expect((await fleet.nextLeader(await fleet.kill('theirs'), 20_000)).who).toBe('ours again');
      expect(fleet.overlaps()).toEqual([]);
    },
  );

  describe('and its work', () => {
    it('that raises ends the election, with the stop callback and without a release', async () => {
      newLock();
      const theirs = pythonCandidate('lease', { work: 'raises' });
      await theirs.tells('returned');
      expect(theirs.told).toEqual(['started', 'stopped', 'returned']);
      expect(await leaseSpec()).toMatchObject({
        holderIdentity: 'python',
        leaseDurationSeconds: 4,
      });
    });

    it('that returns leaves it leading, and renewing', async () => {
      newLock();
      const theirs = pythonCandidate('lease', { work: 'returns' });
      await theirs.tells('started');
      const { renewTime } = await leaseSpec();
      await vi.waitFor(
        async () => {
          expect((await leaseSpec())['renewTime']).not.toBe(renewTime);
        },
        { timeout: 60_000 },
      );
      expect(theirs.told).toEqual(['started']);
    });
  });

  describe('and the network', () => {
    it('a refused connection ends run() with an exception, without the stop callback', async () => {
      newLock();
      const proxy = await FaultProxy.start(server().url);
      const theirs = pythonCandidate('lease', {
        kubeConfigPath: await server().writeKubeConfig('candidate', { server: proxy.url }),
      });
      await theirs.tells('started');
      await proxy[Symbol.asyncDispose]();
      await theirs.tells('raised MaxRetryError');
      expect(theirs.told).toEqual(['started', 'raised MaxRetryError']);
    });

    it('a renewal that hangs leaves it leading beside the next leader', async () => {
      newLock();
      await using proxy = await FaultProxy.start(server().url);
      const theirs = pythonCandidate('lease', {
        kubeConfigPath: await server().writeKubeConfig('candidate', { server: proxy.url }),
      });
      await theirs.tells('started');
      const ours = ownCandidate('lease');
      const taken = ours.acquire();
      proxy.silence();
      expect(await taken).toBe(true);
      // Its lease is over, and its deadline long before that.
      expect(theirs.told).toEqual(['started']);
    });
  });
}
