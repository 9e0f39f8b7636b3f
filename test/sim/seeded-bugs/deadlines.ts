import { assign, fromCallback } from 'xstate';
import type { LockReading } from '../../../machines/actors.js';
import type { ElectionContext } from '../../../machines/types.js';
import * as commits from '../../../machines/commits.js';
import * as updates from '../../../machines/updates.js';
import { resolveConfig } from '../../../src/config/resolve-config.js';
import type { LeaderElectionConfig } from '../../../src/config/leader-election-config.js';
import type { LockSnapshot } from '../../../src/lock/resource-lock.js';
import type { LeaderElectionMachine } from '../../../machines/leader-election.js';
import { type SeededBug, bug, providing, altered, node, provide } from './tools.js';

const NEVER_MS = 2 ** 31 - 1;

/** A lease that is no longer than the renew deadline would not be led on. */
const SHORT_IS_LONG_ENOUGH = {
  guards: { leaseIsTooShort: () => false, ownLeaseIsTooShort: () => false },
};

interface Args {
  readonly context: ElectionContext;
}

/** Errors about when a leadership ends. */
export const deadlineBugs: readonly SeededBug[] = [
  bug(
    'deadline-from-response',
    'the renew deadline counts from the answer and not from the sending',
    { machine: countingFrom(() => 0) },
  ),
  bug(
    'deadline-a-retry-period-late',
    'the renew deadline counts from a retry period after the answer, as each round begins',
    { machine: countingFrom(({ config }) => config.retryPeriodMs) },
  ),
  providing(
    'deadline-anew-each-round',
    'the renew deadline begins anew with every try of a renewal',
    {
      actions: {
        prepareRenewal: assign(({ context }: Args) => {
          const { lease, config } = context;
          const validFrom = config.clock.now();
          return { ...updates.renewal(context), lease: lease && { ...lease, validFrom } };
        }),
      },
    },
  ),
  bug(
    'deadline-by-timer-alone',
    'the renew deadline is heeded when its timer fires, whatever comes in before that',
    {
      machine: altered((config) => {
        const counting = node(config, 'participating.elected.deadline.counting');
        const { '*': toLost } = counting['on'] as Record<string, object>;
        counting['after'] = { renewDeadline: [toLost, { target: 'counting', reenter: true }] };
        delete counting['on'];
      }),
    },
  ),
  bug(
    'deadline-asked-last',
    'the renew deadline is asked about once everything else has dealt with what came in',
    {
      machine: altered((config) => {
        const elected = node(config, 'participating.elected');
        const { deadline, ...others } = elected.states;
        if (deadline !== undefined) elected.states = { ...others, deadline };
      }),
    },
  ),
  providing(
    'no-bound-and-no-deadline',
    'requests have no limit, and no timer ends the leadership',
    {
      delays: { requestTimeout: NEVER_MS, renewDeadline: NEVER_MS },
      guards: { leaseLapsed: () => false },
    },
  ),
  bug('leader-by-flag', 'isLeader() reports the state of the chart and does not ask the clock', {
    isLeader: (actor) => actor.getSnapshot().hasTag('leader'),
  }),
  providing('signal-not-aborted', 'nothing aborts the signal of a term that has ended', {
    actors: { tenure: fromCallback(() => undefined) },
  }),
  providing('late-claim-accepted', 'a claim founds a leadership however late its answer comes', {
    guards: { claimIsFresh: () => true },
  }),
  bug('renew-deadline-is-lease', 'the renew deadline is as long as the lease', {
    timing: (timing) => ({ ...timing, renewSeconds: timing.leaseSeconds }),
    machine: altered((config) => {
      config['context'] = ({ input }: { input: LeaderElectionConfig }) => {
        const resolved = resolveConfig(input);
        return updates.initialContext({ ...resolved, renewDeadlineMs: resolved.leaseDurationMs });
      };
    }, SHORT_IS_LONG_ENOUGH),
  }),
  {
    name: 'clocks-beyond-bound',
    what: 'nothing is wrong, but clock rates differ by more than lease over renew deadline',
    seeded: {},
    beyondBound: true,
  },
];

/** A lease counts from when its write was confirmed, or later still. */
function countingFrom(lateMs: (context: ElectionContext) => number): LeaderElectionMachine {
  const late = (
    context: ElectionContext,
    right: Partial<ElectionContext>,
  ): Partial<ElectionContext> => {
    if (right.lease == null) return right;
    const { monotonicMs, wallMs } = right.lease.confirmedAt;
    const ms = lateMs(context);
    const validFrom = { monotonicMs: monotonicMs + ms, wallMs: wallMs + ms };
    return { ...right, lease: { ...right.lease, validFrom } };
  };
  return provide({
    actions: {
      noteCommitted: assign(({ context }: Args, snapshot: LockSnapshot) =>
        late(context, commits.committed(context, snapshot)),
      ),
      noteFoundCommitted: assign(({ context }: Args, reading: LockReading) =>
        late(context, commits.foundCommitted(context, reading)),
      ),
    },
  });
}
