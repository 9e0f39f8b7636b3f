import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { leaderElectionMachine } from '../../machines/leader-election.js';
import * as delays from '../../machines/delays.js';
import type { ElectionState } from '../../machines/types.js';
import { initialContext, lostRace, yielded } from '../../machines/updates.js';
import type { LeaderElectionConfig } from '../../src/config/leader-election-config.js';
import { resolveConfig } from '../../src/config/resolve-config.js';
import {
  ConfigError,
  type ElectionEventType,
  LockError,
  NotLeaderError,
  type Outcome,
  type Term,
} from '../../src/index.js';
import { chartGraph } from '../../src/inspect/chart-graph.js';
import { InMemoryLockStore } from '../../src/testing/in-memory-lock.js';
import {
  generated,
  listed,
  quoted,
  ROOT,
  readPage,
  table,
  tableAfter,
} from './support/markdown.js';

const API = 'docs/api.md';

const minimal: LeaderElectionConfig = {
  lock: new InMemoryLockStore().lock('a'),
  onStartedLeading: null,
};

/** A list that the compiler keeps complete: a name too many or too few does not compile. */
const names = <T extends string>(all: Record<T, true>): string[] => Object.keys(all).sort();

function firstColumn(rows: readonly (readonly string[])[]): string[] {
  return rows.flatMap(([cell]) => quoted(cell)).sort();
}

describe('the names in docs/api.md', () => {
  it('of events are those that the election emits', () => {
    const events = names<ElectionEventType>({
      acquireFailed: true,
      startedLeading: true,
      renewed: true,
      renewFailed: true,
      draining: true,
      stoppedLeading: true,
      drainTimeout: true,
      released: true,
      releaseFailed: true,
      newLeader: true,
      vacant: true,
      recordUnreadable: true,
      recordAltered: true,
      overrun: true,
      callbackFailed: true,
      watching: true,
      watchFailed: true,
      holderDied: true,
      evidenceFailed: true,
      ended: true,
      stateChanged: true,
    });
    expect(firstColumn(generated(API, 'events'))).toEqual(events);
  });

  it('of states are those of election.state, and states of the chart', () => {
    const states = names<ElectionState>({
      idle: true,
      acquiring: true,
      leading: true,
      renewing: true,
      draining: true,
      releasing: true,
      lost: true,
      rejoining: true,
      stopped: true,
    });
    expect(firstColumn(generated(API, 'states'))).toEqual(states);
    const keys = chartGraph(leaderElectionMachine).states.map(({ key }) => key);
    expect(states.filter((state) => !keys.includes(state))).toEqual([]);
  });

  it('of the fields of an outcome, and of reasons, are those that exist', () => {
    expect(listed(API, 'outcome').sort()).toEqual(
      names<keyof Outcome>({
        reason: true,
        led: true,
        released: true,
        workFinished: true,
        error: true,
      }),
    );
  });

  it('of members of the term are those that exist', () => {
    expect(listed(API, 'term').sort()).toEqual(
      [
        ...names<Exclude<keyof Term, 'isLeading' | 'assertLeading' | 'fetch'>>({
          signal: true,
          fencingToken: true,
          identity: true,
          acquiredAt: true,
          leadingUntil: true,
        }),
        'isLeading()',
        'assertLeading()',
        'fetch()',
      ].sort(),
    );
  });

  it('of errors have the codes that they have', () => {
    const codes = tableAfter(API, '| Error ').map(([name, code]) => [name, code]);
    expect(codes).toEqual([
      ['`ConfigError`', `\`${new ConfigError('x', []).code}\``],
      ['`NotLeaderError`', `\`${new NotLeaderError('x').code}\``],
      [
        '`LockError`',
        `\`${new LockError('x', { kind: 'network' }).code.replace('NETWORK', '…')}\``,
      ],
    ]);
  });
});

describe('the delays in docs/statechart.md', () => {
  const rows = tableAfter('docs/statechart.md', '| Delay ');
  const length = (name: string): string => rows.find(([cell]) => cell === `\`${name}\``)?.[1] ?? '';

  it('are those that the chart waits for', () => {
    const used = chartGraph(leaderElectionMachine).transitions.flatMap(({ trigger }) =>
      trigger.kind === 'delay' ? [trigger.name] : [],
    );
    expect(firstColumn(rows)).toEqual([...new Set(used)].sort());
  });

  it('have the lengths that the code gives them by default', () => {
    const at = (jitter: number) => ({
      context: { ...initialContext(resolveConfig(minimal)), jitter },
    });
    const seconds = (ms: number): number => ms / 1000;
    expect(length('requestTimeout')).toContain(`(${seconds(delays.requestTimeout(at(0)))} s)`);
    expect(length('drainTimeout')).toContain(`(${seconds(delays.drainTimeout(at(0)))} s)`);
    const poll = [delays.pollInterval(at(0)), delays.pollInterval(at(1))].map(seconds);
    expect(length('pollInterval')).toContain(`(${poll.join(' to ')} s)`);
    const { context } = at(1);
    expect(length('contentionDelay')).toContain(`up to ${delays.contentionDelay({ context })} ms`);
    for (const change of [yielded(), lostRace(context)]) {
      const crowd = { ...context, ...change };
      expect(length('contentionDelay')).toContain(
        `up to ${delays.contentionDelay({ context: crowd })} ms`,
      );
    }
    const rejoin = [delays.rejoinDelay(at(0)), delays.rejoinDelay(at(1))].map(seconds);
    expect(length('rejoinDelay')).toContain(`(${rejoin.join(' to ')} s)`);
    const first = delays.retryDelay({ context: { ...at(1).context, failures: 1 } });
    expect(length('retryDelay')).toContain(`${first} ms, doubled`);
  });
});

describe('what the pages say about the project', () => {
  const manifest = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as Record<
    'scripts' | 'dependencies' | 'peerDependencies' | 'devDependencies',
    Record<string, string> | undefined
  >;

  it('names every dependency, and no other', () => {
    for (const kind of ['dependencies', 'peerDependencies', 'devDependencies'] as const) {
      const listed = firstColumn(table('docs/dependencies.md', kind));
      expect(listed).toEqual(Object.keys(manifest[kind] ?? {}).sort());
    }
  });

  it('gives commands that exist', () => {
    const commands = [...readPage('README.md').matchAll(/npm (?:run )?(\w+)/g)].map((m) => m[1]);
    const scripts = commands.filter((name) => !['ci', 'install'].includes(name ?? ''));
    expect(new Set(scripts)).toEqual(new Set(['demo', 'test', 'start']));
    expect(Object.keys(manifest.scripts ?? {})).toEqual(expect.arrayContaining(['demo', 'test']));
  });

  it('has the three coming from Python named as here', () => {
    const python = { ...minimal, lease_duration: 1, renew_deadline: 1, retry_period: 1 };
    const rules = (): string[] => {
      try {
        resolveConfig(python);
      } catch (error) {
        return (error as ConfigError).problems.map(({ rule }) => rule);
      }
      return [];
    };
    expect(rules()).toEqual([
      expect.stringContaining('leaseDurationSeconds'),
      expect.stringContaining('renewDeadlineSeconds'),
      expect.stringContaining('retryPeriodSeconds'),
    ]);
  });
});
