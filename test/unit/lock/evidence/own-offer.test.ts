import { describe, expect, it } from 'vitest';
import { offerOf } from '../../../../src/lock/evidence/own-offer.js';
import type { OwnProcess } from '../../../../src/lock/evidence/own-process.js';
import { at, BEGAN_MS, ended, holder, pod, type PodParts, self } from './support.js';

const offered = (parts: PodParts = {}, own: Partial<OwnProcess> = {}) =>
  offerOf(pod(parts), { ...self, ...own });

const running = (startedAt: unknown): PodParts => ({ state: { running: { startedAt } } });

describe('a process offers to be watched', () => {
  it('with its pod, its container, and when it began', () => {
    expect(offered()).toEqual({ kind: 'offer', holder });
  });

  it.each<[string, PodParts, Partial<OwnProcess>]>([
    ['the container began up to 5 s before', running(at(0)), { startedAtMs: BEGAN_MS + 4_500 }],
    ['an instance before has ended', { lastState: ended(at(0)) }, {}],
    ['its container is the only one', {}, { container: null }],
    [
      'what may be shared is not',
      { spec: { hostPID: false, shareProcessNamespace: false, ephemeralContainers: [] } },
      {},
    ],
    ['other containers run beside it', { containers: ['sidecar', 'app'] }, {}],
  ])('if %s', (_, parts, own) => {
    expect(offered(parts, own)).toMatchObject({ kind: 'offer', holder: { container: 'app' } });
  });

  it.each<[string, PodParts, Partial<OwnProcess>]>([
    ['the pod of its name is another', { uid: 'other' }, {}],
    ['the pod has another name', { name: 'other' }, {}],
    ['it sees the processes of the node', { spec: { hostPID: true } }, {}],
    [
      'the containers of the pod share their processes',
      { spec: { shareProcessNamespace: true } },
      {},
    ],
    ['what may be shared is not told in a way that can be read', { spec: { hostPID: 'no' } }, {}],
    [
      'the pod has an ephemeral container',
      { spec: { ephemeralContainers: [{ name: 'debug' }] } },
      {},
    ],
    ['nobody says which container it is in', { containers: ['app', 'b'] }, { container: null }],
    ['the pod has no such container', {}, { container: 'web' }],
    ['the container began after it, by the clock of the node', running(at(1)), {}],
    ['an instance seems to have ended after it began', { lastState: ended(at(1)) }, {}],
    [
      'an instance has ended at an unknown time',
      { lastState: ended(null, 'ContainerStatusUnknown') },
      {},
    ],
  ])('and never if %s', (_, parts, own) => {
    expect(offered(parts, own)).toMatchObject({ kind: 'never' });
  });

  it.each<[string, PodParts, Partial<OwnProcess>]>([
    ['there is no status yet', { status: { containerStatuses: [] } }, {}],
    ['the container waits', { state: { waiting: {} } }, {}],
    ['the container has ended', { state: ended(at(0)) }, {}],
    ['it is not told when it began', running(undefined), {}],
    ['it began more than 5 s before', running(at(0)), { startedAtMs: BEGAN_MS + 4_501 }],
  ])('and not yet if %s', (_, parts, own) => {
    expect(offered(parts, own)).toMatchObject({ kind: 'notYet' });
  });
});
