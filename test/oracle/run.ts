import fc from 'fast-check';

import { commands, mortalCommands, perform, type Command } from './commands.js';
import { Driver, type Behaviour } from './driver.js';
import { Disagreement, type Settings } from './trace.js';

/** Lease, renew deadline and retry period, in milliseconds. */
const TIMINGS = [
  [15_000, 10_000, 2000],
  [15_000, 14_000, 4000],
  [3000, 2000, 1000],
  [6000, 5500, 1500],
  [10_000, 4000, 3000],
  [60_000, 40_000, 2000],
  [15_000, 10_000, 1000],
] as const;

export interface Scenario {
  readonly settings: Settings;
  readonly behaviour: Omit<Behaviour, 'random'> & { readonly jitter: Jitter };
  /** What the candidate finds, so that many stories begin where it gets interesting. */
  readonly opening: 'nothing' | 'leads' | 'follows' | 'leadsCutOff' | 'claimsLate';
  /** How old that is by the server's clock, in milliseconds. */
  readonly age: number;
  readonly commands: readonly Command[];
}

type Jitter = 'least' | 'most' | number;

const settings = fc
  .record({
    timings: fc.constantFrom(...TIMINGS),
    drainTimeout: fc.constantFrom(20_000, 0, 1500),
    onLost: fc.constantFrom('return' as const, 'rejoin' as const),
    releaseWhenDone: fc.boolean(),
    reclaimOwnIdentity: fc.boolean(),
    useServerClock: fc.constantFrom(true, true, true, false),
  })
  .map(({ timings, ...rest }): Settings => {
    const [lease, renewDeadline, retryPeriod] = timings as readonly [number, number, number];
    return { identity: 'me', lease, renewDeadline, retryPeriod, ...rest };
  });

const behaviour = fc.record({
  obedient: fc.boolean(),
  stopping: fc.constantFrom(
    'returns' as const,
    'waits' as const,
    'throws' as const,
    'absent' as const,
  ),
  newLeaderThrows: fc.boolean(),
  jitter: fc.oneof(fc.constantFrom('least' as const, 'most' as const), fc.nat()),
});

const scenariosOf = (command: fc.Arbitrary<Command>): fc.Arbitrary<Scenario> =>
  fc.record({
    settings,
    behaviour,
    opening: fc.constantFrom(
      'nothing' as const,
      'leads' as const,
      'leads' as const,
      'follows' as const,
      'leadsCutOff' as const,
      'claimsLate' as const,
    ),
    age: fc.constantFrom(0, 0, 9000, 19_999, 20_000, 30_000, 30_001, 100_000),
    commands: fc.array(command, { maxLength: 60, size: 'max' }),
  });

export const scenarios = scenariosOf(commands);
export const mortalScenarios = scenariosOf(mortalCommands);

/** @throws {Disagreement} with the whole story, at the first command after which they disagree */
export async function play(scenario: Scenario): Promise<void> {
  const { jitter, ...rest } = scenario.behaviour;
  const driver = new Driver(scenario.settings, { ...rest, random: randomOf(jitter) });
  for (const command of OPENINGS[scenario.opening](scenario)) await perform(driver, command);
  for (const command of scenario.commands) await perform(driver, command);
  await end(driver);
}

const OPENINGS: Record<Scenario['opening'], (scenario: Scenario) => readonly Command[]> = {
  nothing: () => [{ do: 'start' }],
  leads: () => [{ do: 'start' }, { do: 'answer' }, { do: 'answer' }],
  // Its renewals fail from then on, and its reads do not.
  leadsCutOff: () => [
    { do: 'start' },
    { do: 'answer' },
    { do: 'answer' },
    { do: 'outage', outage: { reads: null, writes: 'serverError', stored: false } },
    { do: 'serve', latency: 20 },
  ],
  // Stands still until the renew deadline, while its claim is under way.
  claimsLate: ({ settings: { renewDeadline: ms } }) => [
    { do: 'start' },
    { do: 'answer' },
    { do: 'freeze', ms },
    { do: 'answer' },
  ],
  follows: ({ age: ms }) => [
    { do: 'other', deed: 'take', lease: 15 },
    { do: 'age', ms },
    { do: 'start' },
    { do: 'answer' },
    { do: 'answer' },
  ],
};

/** However the story went, it ends when everybody is told to end, and leaves nothing behind. */
async function end(driver: Driver): Promise<void> {
  await driver.command('the end: stop()', false, () => {
    driver.stop();
  });
  for (let round = 0; round < 3; round += 1) {
    await driver.command('the work ends', false, () => {
      driver.endWork(undefined);
    });
    await driver.command('onStoppedLeading ends', false, () => {
      driver.endStopping();
    });
  }
  await driver.command('an answer', false, () => {
    driver.world.outage = null;
    driver.world.serve(0);
  });
  await driver.command('time passes', true, () => driver.clock.advance(200_000));
  const left = driver.clock.pendingTimers;
  if (driver.outcome !== null && left === 0) return;
  const what = driver.outcome === null ? 'there is no outcome' : `${left} timers are left`;
  throw new Disagreement(`in the end ${what}\n${driver.timeline.join('\n')}`);
}

function randomOf(jitter: Jitter): () => number {
  if (jitter === 'least') return () => 0;
  if (jitter === 'most') return () => 0.999_999;
  let state = jitter >>> 0;
  return () => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
