import type { EventObject } from 'xstate';
import type { ElectionContext } from '../../../machines/types.js';
import { LockError, type LockErrorKind } from '../../errors/lock-error.js';
import { isNewer } from '../../kubernetes/resource-version.js';
import { LeaderElectionRecord } from '../../lock/record.js';
import type { LockNews, LockSnapshot } from '../../lock/resource-lock.js';
import { STEP_DOWN_ANNOTATION, stepDownValue } from '../../lock/step-down.js';
import { microTime } from '../../time/micro-time.js';

/** Something that may happen to a candidate, in words, and when it does. */
export interface PathEvent extends EventObject {
  readonly label: string;
  /** By both clocks of the walk, in milliseconds. */
  readonly atMs: number;
}

type Happening = Omit<PathEvent, 'type' | 'atMs'> & Readonly<Record<string, unknown>>;

/** What may come in by an event of this type now: for each, one that the context makes likely. */
export function happenings(type: string, context: ElectionContext, atMs: number): Happening[] {
  const [, kind = '', of = ''] = /^xstate\.(done|error)\.actor\.(\w+)$/.exec(type) ?? [];
  if (kind === 'done') return answers(of, context, atMs);
  if (kind === 'error') return failures(of);
  switch (type) {
    case 'start':
    case 'stop':
    case 'wake':
      return [{ label: type }];
    case 'lockChanged':
      return news(context, atMs).map(([label, told]) => ({
        label: `the watch tells that ${label}`,
        news: told,
        receivedAtMs: atMs,
      }));
    case 'watchOpened':
      return [
        { label: 'the watch is opened', gap: false },
        { label: 'the watch is opened, after a gap', gap: true },
      ];
    case 'watchFailed':
      return [{ label: 'the watch fails', error: lockError('network') }];
    case 'holderDied':
      return deaths(context);
    case 'evidenceFailed':
      // It changes nothing, and of a candidate's own term nothing is told anyway.
      return context.lease === null
        ? [{ label: 'nobody will tell of a holder that dies', error: lockError('forbidden') }]
        : [];
    default:
      return [];
  }
}

function answers(of: string, context: ElectionContext, atMs: number): Happening[] {
  const { attempt } = context;
  switch (of) {
    case 'readLock':
    case 'readBack':
      return readings(context, atMs).map(([label, snapshot]) => ({
        label,
        output: { snapshot, sentAtMs: atMs, receivedAtMs: atMs },
      }));
    case 'claim':
    case 'renewal':
    case 'release': {
      if (attempt === null) return [];
      const stored = { label: `the ${of} is stored`, output: inTheLock(context, attempt.record) };
      const cut = { label: `the ${of} is stored, but cut short` };
      const asked = { label: `the ${of} is stored, and somebody asks us to hand over` };
      return [
        stored,
        { ...cut, output: inTheLock(context, cutShort(attempt.record)) },
        ...(of === 'release' ? [] : [{ ...asked, output: askedFor(context, attempt.record) }]),
      ];
    }
    case 'askAge': {
      const version = context.observation?.version ?? '0';
      return [
        {
          label: 'the lock is a day old',
          output: { version, writtenAgoMs: DAY_MS, receivedAtMs: atMs },
        },
        {
          label: 'the lock is a second old',
          output: { version, writtenAgoMs: 1_000, receivedAtMs: atMs },
        },
      ];
    }
    case 'onStoppedLeading':
      return [{ label: 'onStoppedLeading has ended', output: undefined }];
    case 'stopSettled':
      return [{ label: 'onStoppedLeading has ended at last', output: undefined }];
    case 'workSettled':
      return [{ label: 'onStartedLeading has ended', output: {} }];
    default:
      return [];
  }
}

const DAY_MS = 86_400_000;

function failures(of: string): Happening[] {
  switch (of) {
    case 'readLock':
    case 'readBack':
      return [{ label: 'the lock cannot be read', error: lockError('network') }];
    case 'claim':
    case 'renewal':
    case 'release':
      return [
        { label: `the ${of} meets a conflict`, error: lockError('conflict') },
        { label: `the ${of} finds no lock`, error: lockError('notFound') },
        { label: `the ${of} is not answered`, error: lockError('network') },
      ];
    case 'askAge':
      return [{ label: 'nobody knows how old the lock is', error: lockError('forbidden') }];
    case 'work':
      return [{ label: 'onStartedLeading fails', error: new Error('onStartedLeading fails here') }];
    case 'onStoppedLeading':
      return [{ label: 'onStoppedLeading fails', error: new Error('onStoppedLeading fails here') }];
    default:
      return [];
  }
}

function lockError(kind: LockErrorKind): LockError {
  return new LockError(`The path has it so: ${kind}`, { kind });
}

function readings(context: ElectionContext, atMs: number): [string, LockSnapshot | null][] {
  const { attempt, lease, observation } = context;
  const written = attempt?.record ?? lease?.record;
  const all: [string, LockSnapshot | null][] = [
    ['there is no lock', null],
    ['the lock is free', inTheLock(context, recordOf(context, '', atMs))],
    ['another holds the lock', heldByAnother(context, atMs)],
  ];
  if (observation === null) {
    const dated = heldByAnother(context, atMs);
    all.push(['another holds the lock, perhaps for long', { ...dated, writtenAtMs: 0 }]);
  }
  if (observation?.snapshot != null) all.push(['the lock is as it was', observation.snapshot]);
  if (written !== undefined) {
    all.push(['the lock is as we wrote it', inTheLock(context, written)]);
    all.push(['the lock is as we wrote it, but cut short', inTheLock(context, cutShort(written))]);
  }
  return all;
}

function news(context: ElectionContext, atMs: number): [string, LockNews][] {
  const { lease } = context;
  const version = nextVersion(context);
  const free = inTheLock(context, recordOf(context, '', atMs));
  const taken = heldByAnother(context, atMs);
  const all: [string, LockNews][] = [
    ['the lock is free', { snapshot: free, version }],
    ['another holds the lock', { snapshot: taken, version }],
    ['there is no lock any more', { snapshot: null, version }],
  ];
  if (lease !== null) {
    const asked = askedFor(context, lease.record);
    all.push(['somebody asks us to hand over', { snapshot: asked, version }]);
  }
  return all;
}

/** Of the process that holds the lock, and of one that has held it before. */
function deaths({ observation, deadHolder }: ElectionContext): Happening[] {
  const holder = observation?.snapshot?.holder;
  const evidence = 'the path has it so';
  const former = {
    label: 'a former holder of the lock has died',
    death: { holder: 'a former holder', evidence },
  };
  if (holder === undefined || holder === deadHolder) return [former];
  return [{ label: 'the holder of the lock has died', death: { holder, evidence } }, former];
}

/** Another process each time: it offers to be watched. */
function heldByAnother(context: ElectionContext, atMs: number): LockSnapshot {
  const held = inTheLock(context, recordOf(context, 'another', atMs));
  return { ...held, holder: `a process of ${atMs}` };
}

function inTheLock(context: ElectionContext, record: LeaderElectionRecord): LockSnapshot {
  const fingerprint = JSON.stringify(record);
  return { record, unreadable: null, fingerprint, version: nextVersion(context), object: null };
}

/** The same, and somebody asks for the end of the term that the record belongs to. */
function askedFor(context: ElectionContext, record: LeaderElectionRecord): LockSnapshot {
  const annotations = { [STEP_DOWN_ANNOTATION]: stepDownValue(record) };
  return { ...inTheLock(context, record), object: { metadata: { annotations } } };
}

function recordOf(
  { observation, lease }: ElectionContext,
  holderIdentity: string,
  atMs: number,
): LeaderElectionRecord {
  const before = lease?.record ?? observation?.snapshot?.record;
  const now = microTime(atMs, () => 0);
  return new LeaderElectionRecord({
    holderIdentity,
    leaseDurationSeconds: holderIdentity === '' ? 1 : 15,
    acquireTime: now,
    renewTime: now,
    leaderTransitions: (before?.leaderTransitions ?? 0) + 1,
  });
}

function cutShort(record: LeaderElectionRecord): LeaderElectionRecord {
  const { holderIdentity, acquireTime, renewTime, leaderTransitions } = record;
  const rest = { holderIdentity, acquireTime, renewTime, leaderTransitions };
  return new LeaderElectionRecord({ ...rest, leaseDurationSeconds: 1 });
}

/** After all that the candidate knows of. */
function nextVersion({ observation, lease, attempt }: ElectionContext): string {
  const known = [observation?.version, lease?.base?.version, attempt?.baseVersion];
  let last = '0';
  for (const version of known) if (version != null && isNewer(version, last)) last = version;
  return String(BigInt(last) + 1n);
}
