import { describe, expect, it } from 'vitest';
import {
  isGone,
  isOfThisInstance,
  isSelf,
  provesDeath,
} from '../../../../src/lock/evidence/death.js';
import { keyOf } from '../../../../src/lock/evidence/holder.js';
import { at, ended, holder, pod, type PodParts, self } from './support.js';

const isDeath = (parts: PodParts): boolean => provesDeath(holder, pod(parts));

describe('what the kubelet says proves that a process has ended', () => {
  it.each<[string, PodParts]>([
    ['when its container has ended two seconds after it began', { state: ended(at(3)) }],
    ['when it has ended and another instance runs', { lastState: ended(at(3)) }],
    ['whatever the reason', { state: ended(at(60), 'OOMKilled') }],
    ['when it has ended by itself', { state: ended(at(60), 'Completed', { exitCode: 0 }) }],
    [
      'when the pod is about to be deleted as well',
      { state: ended(at(60)), status: { phase: 'Failed' } },
    ],
  ])('%s', (_, parts) => {
    expect(isDeath(parts)).toBe(true);
  });

  it.each<[string, PodParts]>([
    ['of a pod of another name', { name: 'app-2', state: ended(at(60)) }],
    ['of a pod of the same name with another UID', { uid: 'other', state: ended(at(60)) }],
    [
      'of another container',
      {
        containers: ['b', 'app'],
        status: { containerStatuses: [{ name: 'b', state: ended(at(60)) }] },
      },
    ],
    ['of an instance that ended before it began', { lastState: ended(at(0)) }],
    ['of one that ended less than two seconds after it began', { lastState: ended(at(2)) }],
    ['of an end without a time', { state: ended(undefined) }],
    ['of an end at no time', { state: ended(null) }],
    ["of an end at the zero of Go's times", { state: ended('0001-01-01T00:00:00Z') }],
    ["of an end at the zero of the runtime's", { state: ended('1970-01-01T00:00:00Z') }],
    ['of an end at a time that is none', { state: ended('tomorrow') }],
    ['of an end that the kubelet has made up', { state: ended(at(60), 'ContainerStatusUnknown') }],
    ['of one that the runtime has made up', { lastState: ended(at(60), 'Unknown') }],
    ['of one without a reason', { state: ended(at(60), null) }],
    ...[255, -1, undefined, '137'].map((exitCode): [string, PodParts] => [
      `of one with ${JSON.stringify(exitCode)} for an exit code`,
      { state: ended(at(60), 'Error', { exitCode }) },
    ]),
    [
      'of an instance after its own',
      { state: ended(at(90), 'Error', { startedAt: at(60) }), lastState: ended(at(59), 'Unknown') },
    ],
    ['of one that never began', { state: ended(at(60), 'Error', { startedAt: null }) }],
    ['of a container that runs', {}],
    ['of a container that waits', { state: { waiting: { reason: 'CrashLoopBackOff' } } }],
    ['of a phase', { status: { phase: 'Failed', reason: 'NodeLost' } }],
    [
      'of containers that are told twice',
      {
        status: {
          containerStatuses: [
            { name: 'app', state: ended(at(60)) },
            { name: 'app', state: {} },
          ],
        },
      },
    ],
    ['of nothing', { status: { containerStatuses: 'none' } }],
  ])('and nothing is proved by what it says %s', (_, parts) => {
    expect(isDeath(parts)).toBe(false);
  });
});

describe('whoever restarts in the same instance of a container', () => {
  it('can tell of a process there, where numbers count in the same namespace', () => {
    const numbering = (pidNamespace: string | null) => ({ ...holder, pidNamespace });
    expect(isOfThisInstance(holder, self)).toBe(true);
    expect(isOfThisInstance(numbering('pid:[1]'), self)).toBe(false);
    expect(isOfThisInstance(numbering(null), { ...self, pidNamespace: null })).toBe(false);
  });

  it('can tell nothing of another pod or another container', () => {
    expect(isOfThisInstance({ ...holder, uid: 'other' }, self)).toBe(false);
    expect(isOfThisInstance({ ...holder, container: 'b' }, self)).toBe(false);
  });

  it('takes a process for dead that is not among the living, by number and start', () => {
    expect(isGone(holder, null)).toBe(true);
    expect(isGone(holder, '4712')).toBe(true);
    expect(isGone(holder, '4711')).toBe(false);
  });

  it('knows itself', () => {
    expect(isSelf(holder, self)).toBe(true);
    expect(isSelf({ ...holder, startTicks: '4712' }, self)).toBe(false);
    expect(isSelf({ ...holder, pid: 2 }, self)).toBe(false);
  });
});

it('a process has a name of its own', () => {
  const changes = [
    { uid: 'b' },
    { container: 'b' },
    { startedAtMs: 1 },
    { pid: 2 },
    { startTicks: '1' },
  ];
  const keys = [{}, ...changes].map((change) => keyOf({ ...holder, ...change }));
  expect(new Set(keys).size).toBe(keys.length);
});
