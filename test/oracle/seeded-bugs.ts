import { assign, fromPromise } from 'xstate';
import type { StoppedInput } from '../../machines/actors.js';
import { aged } from '../../machines/cold-start.js';
import type { LeaderElectionMachine } from '../../machines/leader-election.js';
import * as updates from '../../machines/updates.js';
import * as delays from '../../machines/delays.js';
import type { Age } from '../../src/lock/decide.js';
import type { Config } from '../model/support/chart-config.js';
import { build, chartMutants, nameOf } from '../mutation/chart-mutants.js';
import { node } from '../mutation/places.js';

type Change = (machine: LeaderElectionMachine) => LeaderElectionMachine;

/** A mistake in the chart, in the words of a rule that it breaks. */
export interface SeededBug {
  readonly mistake: string;
  /** Makes the wrong chart. One for each story: such a chart counts how often it goes round. */
  readonly make: () => LeaderElectionMachine;
  /** It shows where holders of the lock die, and that is told. */
  readonly mortal?: boolean;
}

const mutants = new Map(chartMutants().map((found) => [nameOf(found), found]));

/** A change of the chart's configuration that the mutation tests know by this name. */
function mutant(mistake: string, name: string): SeededBug {
  const found = mutants.get(name);
  if (found === undefined) throw new Error(`There is no such change of the chart: ${name}`);
  return { mistake, make: () => build(found) };
}

/** A change of the chart's configuration that the mutation tests do not make. */
function changed(mistake: string, change: (chart: Config) => void): SeededBug {
  return { mistake, make: () => build({ change }) };
}

/** Something that the chart names does another thing than it should. */
function provided(mistake: string, provide: Change): SeededBug {
  return { mistake, make: () => build({ provide }) };
}

function mortal(mistake: string, provide: Change): SeededBug {
  return { ...provided(mistake, provide), mortal: true };
}

export const seededBugs: readonly SeededBug[] = [
  // Taking the lock.
  mutant(
    'takes a lock that another holds',
    'participating.acquiring.deciding always if lockIsFree: asks nothing',
  ),
  mutant(
    'leads by a write that was answered after the renew deadline',
    'participating.acquiring.claiming done(claim) if claimIsFresh: asks nothing',
  ),
  provided('leads by any record that bears its name', (machine) =>
    machine.provide({
      guards: {
        claimWasCommitted: ({ context }, { snapshot }) =>
          snapshot?.record?.holderIdentity === context.config.lock.identity,
      },
    }),
  ),
  mutant(
    'does not look for a claim that met a conflict',
    'participating.acquiring.claiming error(claim) if isFirstConflict: leads to participating.acquiring.reading',
  ),
  mutant(
    'waits for a lease that its server says is long dead',
    'participating.acquiring.deciding always if mayBeLongDead: is not there',
  ),
  provided('takes a lease that is one lease old by the clock of its server', (machine) =>
    machine.provide({
      actions: {
        noteAge: assign(({ context }, age: Age | undefined) => {
          const doubled = age?.writtenAgoMs === undefined ? NaN : 2 * age.writtenAgoMs;
          return aged(context, age && { ...age, writtenAgoMs: doubled });
        }),
      },
    }),
  ),
  provided('asks again for the age of a lease that it has seen change', (machine) =>
    machine.provide({
      guards: {
        mayBeLongDead: ({ context: { decision, config } }) =>
          config.useServerClock && decision?.kind === 'wait' && decision.because === 'held',
      },
    }),
  ),
  mutant('polls half as often', 'pollInterval: twice as long'),
  mutant('sleeps on when it is woken', 'participating.acquiring.waiting wake: is not there'),
  // Keeping it.
  provided('counts the renew deadline anew in each state', (machine) =>
    machine.provide({ delays: { renewDeadline: ({ context }) => context.config.renewDeadlineMs } }),
  ),
  provided('counts the renew deadline from the answer', (machine) =>
    machine.provide({
      actions: {
        extendTerm: ({ context }) => {
          context.term?.extend(context.config.clock.now());
        },
      },
    }),
  ),
  mutant(
    'goes on though it reads that another holds the lock',
    'participating.elected.lease.renewing.reading done(readBack) if heldByAnother: is not there',
  ),
  provided('remembers no more than its last eight writes', (machine) =>
    machine.provide({
      actions: {
        prepareRenewal: assign(({ context }) => {
          const { ownWrites = [], ...update } = updates.renewal(context);
          return { ...update, ownWrites: ownWrites.slice(-8) };
        }),
      },
    }),
  ),
  changed('hears of everything else before it asks about the renew deadline', (chart) => {
    const elected = node(chart, ['participating', 'elected']);
    const { deadline, ...others } = elected['states'] as Record<string, Config>;
    elected['states'] = { ...others, deadline };
  }),
  mutant(
    'forgets what it was told when the renew deadline had passed',
    'participating.elected.deadline.counting * if leaseLapsed: without passOn',
  ),
  mutant('renews half as often', 'retryPeriod: twice as long'),
  mutant('waits for an answer twice as long', 'requestTimeout: twice as long'),
  provided('does not wait for as long as the server asks', (machine) =>
    machine.provide({
      delays: {
        retryDelay: ({ context }) =>
          delays.retryDelay({ context: { ...context, retryAfterMs: null } }),
      },
    }),
  ),
  // Letting it go.
  changed('gives up a renewal when it is told to stop', (chart) => {
    const renewing = node(chart, ['participating', 'elected', 'lease', 'renewing']);
    renewing['on'] = { stop: 'leading' };
  }),
  mutant(
    'releases while a renewal waits for its answer',
    'participating.elected.work.ended always if noAnswerDue: asks nothing',
  ),
  mutant(
    'releases while the work still runs',
    'participating.elected.work.draining.stopping done(onStoppedLeading): leads to releasing',
  ),
  mutant(
    'releases while onStoppedLeading still runs',
    'participating.elected.work.draining: begins in finishing',
  ),
  provided('calls onStoppedLeading only when the work has ended', (machine) =>
    machine.provide({
      actors: {
        stoppedCallback: fromPromise<void, StoppedInput>(async ({ input }) => {
          const { term, callback, reason } = input;
          await term.workSettled;
          await term.tellStopped(() => callback?.(reason));
        }),
      },
    }),
  ),
  mutant(
    'does not release after draining',
    'participating.elected.work.draining.finishing done(workSettled): leads to stopped',
  ),
  mutant(
    'releases whatever it reads',
    'releasing.checking done(readBack) if stillHeldByUs: asks nothing',
  ),
  mutant(
    'releases what it remembers rather than what it reads',
    'releasing.checking done(readBack) if stillHeldByUs: without noteReading',
  ),
  mutant('drains twice as long as allowed', 'drainTimeout: twice as long'),
  // Losing it.
  mutant('goes on as a leader when it has lost', 'participating.elected: invokes no tenure'),
  mutant(
    'calls onStoppedLeading a second time',
    'lost.entering always if stopAnnounced: is not there',
  ),
  mutant('does not tell of an overrun', 'lost.overrun entry: without reportOverrun'),
  mutant('does not rejoin', 'lost done if shallRejoin: is not there'),
  mutant(
    'competes again while onStoppedLeading runs',
    'lost.settling done(workSettled): leads to lost.over',
  ),

  // Deaths that are told of.
  mortal('waits for the lease of a process that is dead', (machine) =>
    machine.provide({ actions: { noteDeath: () => undefined } }),
  ),
  mortal('takes what another holds when a former holder has died', (machine) =>
    machine.provide({
      actions: {
        noteDeath: assign(({ context: { observation } }) =>
          observation?.snapshot?.record?.isReleased === false
            ? { decision: { kind: 'take', because: 'dead' } }
            : {},
        ),
      },
      guards: { holderIsDead: () => true },
    }),
  ),
];
