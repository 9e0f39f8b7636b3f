import { setTimeout as sleep } from 'node:timers/promises';
import { createActor } from 'xstate';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type LeaderElectionMachine,
  makeLeaderElectionMachine,
} from '../../../machines/leader-election.js';
import type { LeaderElectionConfig, Term } from '../../../src/index.js';
import { type ElectionPath, electionPaths, type WalkedService } from '../../../src/testing.js';
import { PathClock, type Route } from '../../../src/testing/election-paths/chart-walk.js';
import { plan } from '../../../src/testing/election-paths/election-paths.js';
import { chartEdges } from '../../model/support/chart-edges.js';

/** Of the chart's transitions those that no path takes, and why. */
const NOT_TAKEN: Readonly<Record<string, readonly string[]>> = {
  'what a callback of the service throws fails the test': ['root callbackFailed'],
  'a timer that is early': [
    'participating.acquiring.waiting after(leaseDuration) else',
    'participating.elected.deadline.counting after(renewDeadline) if not leaseLapsed',
    'lost.settling after(leaseDuration) else',
    'lost.concluding after(lastWrite) else',
  ],
  'an option that the election of the paths does not have': [
    'participating.elected.work done(work) if releaseWhenDone',
  ],
  'no onStoppedLeading': ['participating.elected.work.running stop if nothingToWaitFor'],
  'a promise of the library that never rejects': [
    'participating.elected.work.draining.finishing error(workSettled)',
    'lost.settling error(workSettled)',
    'lost.overrun error(workSettled)',
    'lost.concluding error(stopSettled)',
  ],
};

let paths: readonly ElectionPath[];
beforeAll(() => {
  paths = electionPaths({ timeoutMs: 100 });
});

describe('the paths through the chart', () => {
  let routes: readonly Route[];
  let replays: readonly Replay[];
  beforeAll(() => {
    const planned = plan('rejoin');
    ({ routes } = planned);
    replays = routes.map((route) => replay(planned.config, route));
  });

  it('lead over every transition, but for those that a service has no part in', () => {
    const taken = new Set(replays.flatMap((replayed) => replayed.taken));
    const keys = EDGES.map(({ key }) => key);
    expect(keys.length).toBeGreaterThan(100);
    const left = keys.filter((key) => !taken.has(key));
    expect(left.sort()).toEqual(Object.values(NOT_TAKEN).flat().sort());
  });

  it('lead to leadership by a read and a write of ours, and by nothing less', () => {
    const leading = routes.filter(({ terms }) => terms > 0);
    expect(leading.length).toBeGreaterThan(100);
    for (const { events } of leading) {
      const types = events.map(({ type }) => type).join(' ');
      expect(types).toMatch(/done\.actor\.readLock.* xstate\.done\.actor\.(claim|readBack)/);
    }
  });

  it('lead where they say, when the chart runs', () => {
    expect(replays.map(({ value }) => value)).toEqual(routes.map(({ to }) => to));
  });

  it('lead from everywhere to the end of the candidacy', () => {
    const steps = replays.flatMap(({ values }) =>
      values.slice(1).map((to, index) => ({ from: values[index], to })),
    );
    const ending = new Set<string | undefined>(['"stopped"']);
    for (let before = 0; before < ending.size;) {
      before = ending.size;
      for (const { from, to } of steps) if (ending.has(to)) ending.add(from);
    }
    const all = new Set(replays.flatMap(({ values }) => values));
    expect(all.size).toBeGreaterThan(25);
    expect([...all].filter((value) => !ending.has(value))).toEqual([]);
  });

  it('have names of their own, in words', () => {
    const names = paths.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain('start, there is no lock, the claim is stored, stop');
    expect(names).toContain('start, another holds the lock, the holder of the lock has died');
    expect(names.filter((name) => /xstate|undefined/.test(name))).toEqual([]);
  });

  it('lead into a second term, unless the candidacy ends with the first', () => {
    const seconds = (onLost: 'rejoin' | 'return') =>
      (onLost === 'rejoin' ? routes : plan(onLost).routes).filter(({ terms }) => terms > 1).length;
    expect(seconds('rejoin')).toBeGreaterThan(10);
    expect(seconds('return')).toBe(0);
  });
});

interface Replay {
  /** The keys of the transitions that were taken. */
  readonly taken: readonly string[];
  readonly value: unknown;
  /** Every configuration that it was in, printed. */
  readonly values: readonly string[];
}

/** What a live actor does on this route, whose lock and callbacks answer nothing. */
function replay(config: LeaderElectionConfig, { events }: Route): Replay {
  const clock = new PathClock();
  const never = (): Promise<never> => new Promise(() => undefined);
  const taken: string[] = [];
  const actor = createActor(MACHINE, {
    input: { ...config, clock, onStartedLeading: never, onStoppedLeading: never },
    clock,
    inspect: (inspection) => {
      if (inspection.type !== '@xstate.microstep') return;
      const transitions = inspection._transitions as readonly Taken[];
      taken.push(...transitions.map(keyOf));
    },
  });
  const values: string[] = [];
  const look = (): unknown => values.push(JSON.stringify(actor.getSnapshot().value));
  actor.start();
  look();
  for (const event of events) {
    clock.atMs = event.atMs;
    actor.send(event as never);
    look();
  }
  const { value } = actor.getSnapshot();
  actor.stop();
  return { taken, value, values };
}

const MACHINE = makeLeaderElectionMachine();
const EDGES = chartEdges(MACHINE);

type Taken = ReturnType<LeaderElectionMachine['getTransitionData']>[number];

function keyOf(transition: Taken): string {
  const { source, eventType } = transition;
  const event = (eventType as string) === '' ? 'always' : eventType;
  const branches = event === 'always' ? source.always : source.transitions.get(eventType);
  const index = branches?.indexOf(transition) ?? -1;
  const path = source.path.join('.');
  const edge = EDGES.find(
    (one) => one.path.join('.') === path && one.event === event && one.index === index,
  );
  return edge?.key ?? `unknown: ${path} ${event} ${index}`;
}

/** Sends something every minute, to a place that it has to connect to first. */
class Exporter implements WalkedService {
  protected timer: NodeJS.Timeout | null = null;

  async onStartedLeading(term: Term): Promise<void> {
    await this.connect();
    if (term.isLeading()) this.begin();
  }

  onStoppedLeading(): unknown {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    return undefined;
  }

  isWorking(): boolean {
    return this.timer !== null;
  }

  protected connect(): Promise<void> {
    return Promise.resolve();
  }

  protected begin(): void {
    this.timer = setInterval(() => undefined, 60_000).unref();
  }
}

class StartsWhileStopping extends Exporter {
  override async onStartedLeading(_term: Term): Promise<void> {
    await this.connect();
    this.begin();
  }
}

const IS_WORKING = /it is working, but its term has ended, and both callbacks have/;

/** What is wrong with each, and what the paths that find it say. */
const BROKEN: readonly [what: string, make: () => WalkedService, says: RegExp][] = [
  ['begins its work while it is stopping', () => new StartsWhileStopping(), IS_WORKING],
  [
    'does so after a connection that takes real time',
    () =>
      new (class extends StartsWhileStopping {
        protected override connect = (): Promise<void> => sleep(1);
      })(),
    IS_WORKING,
  ],
  [
    'works before it leads',
    () =>
      new (class extends Exporter {
        override timer = setInterval(() => undefined, 60_000).unref();
      })(),
    /it is working, but has never led/,
  ],
  [
    'lets go once only',
    () => {
      let isOver = false;
      return new (class extends Exporter {
        override onStoppedLeading(): unknown {
          if (!isOver) super.onStoppedLeading();
          isOver = true;
          return undefined;
        }
      })();
    },
    IS_WORKING,
  ],
  [
    'does not end',
    () =>
      new (class extends Exporter {
        override onStartedLeading(): Promise<void> {
          return new Promise(() => undefined);
        }
      })(),
    /onStartedLeading was told to end, and has not within 100 ms/,
  ],
  [
    'fails when it is told to stop',
    () =>
      new (class extends Exporter {
        override onStoppedLeading(): unknown {
          return Promise.reject(new Error('no connection to close'));
        }
      })(),
    /onStoppedLeading failed: no connection to close/,
  ],
  [
    'begins its work long after it was told to, without being waited for',
    () =>
      new (class extends Exporter {
        override async onStartedLeading(): Promise<void> {
          void sleep(50).then(() => this.begin());
        }
      })(),
    /200 ms after their paths \d+ of 899 services work.*the first after "start, /,
  ],
  [
    'never works',
    () =>
      new (class extends Exporter {
        override begin = () => undefined;
      })(),
    /isWorking\(\) was true on no path, nor within 100 ms of leading/,
  ],
];

describe('a service that', () => {
  /** The first messages, which suffice, by the names of the paths. */
  async function found(make: () => WalkedService, most = 3): Promise<Map<string, string>> {
    const messages = new Map<string, string>();
    for (const path of electionPaths({ timeoutMs: 100, afterwardsMs: 200 })) {
      if (messages.size >= most) break;
      await path.walk(make).catch((error: unknown) => messages.set(path.name, String(error)));
    }
    return messages;
  }

  it('asks its term again after each wait passes all', async () => {
    expect(paths.length).toBeGreaterThan(300);
    for (const path of paths) await path.walk(() => new Exporter());
  });

  /** Each is walked by the last of the paths alone, with which nothing else was seen at work. */
  it.each<[what: string, make: () => WalkedService]>([
    [
      'connects in real time before it works',
      () =>
        new (class extends Exporter {
          protected override connect = (): Promise<void> => sleep(20);
        })(),
    ],
    [
      'is done with its work before anything real has happened',
      () => {
        let isWorking = false;
        const onStartedLeading = async (): Promise<void> => {
          await Promise.resolve();
          isWorking = true;
          await Promise.resolve();
          isWorking = false;
        };
        return { onStartedLeading, isWorking: () => isWorking };
      },
    ],
  ])('%s is seen at work', async (_, make) => {
    await electionPaths({ afterwardsMs: 1 }).at(-1)?.walk(make);
  });

  it.each(BROKEN)('%s is found', async (_, make, says) => {
    const messages = [...(await found(make)).values()];
    expect(messages.length).toBeGreaterThan(0);
    for (const message of messages) expect(message).toMatch(says);
  });

  it('begins its work while it is stopping is found by a stop right after the claim', async () => {
    const path = paths.find(
      ({ name }) => name === 'start, there is no lock, the claim is stored, stop',
    );
    await path?.walk(() => new Exporter());
    await expect(path?.walk(() => new StartsWhileStopping())).rejects.toMatchObject({
      name: 'AssertionError',
      message: expect.stringMatching(IS_WORKING),
    });
  });
});
