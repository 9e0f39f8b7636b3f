import type { PodConstants, Run } from './run.js';

/* What TLC is asked about the evidence of a death, `PodEvidence.tla`. */

/** One process in two instances of its container, which tell nothing strange. */
const CONSTANTS: PodConstants = {
  Processes: 1,
  Instances: 2,
  Latest: 2,
  Margin: 1,
  LatestStart: 1,
  SetBacks: 'little',
  Stale: false,
  Strange: 0,
};

function rules(size: Run['size'], name: string, constants: Partial<PodConstants>): Run {
  return {
    name: `pods: ${name}`,
    kind: 'rules',
    module: 'PodEvidence',
    size,
    constants: { ...CONSTANTS, SetBacks: 'much', ...constants },
    replaced: {},
    promises: ['TypeOK', 'NeverTwoLeaders', 'WhoIsTakenForDeadIs'],
    expect: 'holds',
  };
}

/** A run in which two lead. What is short in `npm test` is asked of the rules that are hard to see. */
function breaks(
  size: Run['size'],
  kind: 'bug' | 'open',
  name: string,
  replaced: Run['replaced'],
  constants: Partial<PodConstants> = {},
): Run {
  return {
    name: `pods: ${name}`,
    kind,
    module: 'PodVariants',
    size,
    constants: { ...CONSTANTS, ...constants },
    replaced,
    promises: ['NeverTwoLeaders'],
    expect: 'counterexample',
  };
}

const oneInstance: Partial<PodConstants> = { Instances: 1 };
const twoProcesses: Partial<PodConstants> = { Processes: 2 };
const strange: Partial<PodConstants> = { ...oneInstance, Strange: 1 };

const HOLDING: readonly Run[] = [
  {
    ...rules('small', 'every action happens', { ...twoProcesses, ...strange }),
    expect: 'everyAction',
  },
  rules('small', '2 instances, clock set back far', { Latest: 3 }),
  rules('large', '2 instances, strange things told', { Latest: 3, Strange: 1 }),
  rules('large', '2 instances with 2 processes', { ...twoProcesses, Latest: 3 }),
  rules('large', '2 instances, a margin of 2', { Latest: 4, Margin: 2 }),
  rules('large', '3 instances, stale statuses, clock set back little', {
    Instances: 3,
    Latest: 3,
    SetBacks: 'little',
    Stale: true,
  }),
];

const BUGS: readonly Run[] = [
  breaks(
    'large',
    'bug',
    'a namesake of the pod offered',
    { IsOwnPod: 'Whatever' },
    {
      ...oneInstance,
      Strange: 2,
    },
  ),
  breaks(
    'large',
    'bug',
    'another container offered',
    { OfferedContainer: 'AnotherContainer' },
    strange,
  ),
  breaks(
    'large',
    'bug',
    "offered by another clock than the node's",
    { HasJustBegun: 'WhateverOf' },
    {
      Latest: 3,
    },
  ),
  breaks(
    'small',
    'bug',
    'offered after ends that seem later',
    { NoLaterEnd: 'WhateverOf' },
    {
      SetBacks: 'much',
    },
  ),
  breaks(
    'small',
    'bug',
    'processes outlive the container offered',
    { ContainerEndsProcesses: 'Yes' },
    oneInstance,
  ),
  breaks('large', 'bug', 'a namesake of the pod believed', { IsOfThePod: 'Whatever' }, strange),
  breaks(
    'large',
    'bug',
    'the end of another container believed',
    { IsOfTheContainer: 'Whatever' },
    strange,
  ),
  breaks('large', 'bug', 'an end believed that is made up', { IsTold: 'Whatever' }, strange),
  breaks('large', 'bug', 'an end believed from before its birth', { EndedLater: 'EndedAtAnyTime' }),
  breaks('small', 'bug', 'an end believed without a margin', { EndedLater: 'EndedNotBefore' }),
  breaks(
    'large',
    'bug',
    'an end believed without a time',
    { EndedLater: 'EndedLaterOrAtNoTime' },
    strange,
  ),
  breaks(
    'large',
    'bug',
    'a pod that is gone taken for dead',
    { IsDeadOtherwise: 'IsGone' },
    strange,
  ),
  breaks(
    'large',
    'bug',
    'a pod that has failed taken for dead',
    { IsDeadOtherwise: 'HasFailed' },
    strange,
  ),
  breaks(
    'small',
    'bug',
    'an offer outlives its record',
    { OfferIsOfThisRecord: 'Yes' },
    {
      ...oneInstance,
      ...twoProcesses,
    },
  ),
  breaks(
    'large',
    'bug',
    'a death acted on over any record',
    { HeardOfHolder: 'Yes' },
    twoProcesses,
  ),
  breaks(
    'small',
    'bug',
    'whoever was in the same container is dead',
    { IsAmongTheLiving: 'NobodyIs' },
    {
      ...oneInstance,
      ...twoProcesses,
    },
  ),
  breaks(
    'large',
    'bug',
    'who is not found here is dead',
    { IsOfThisContainer: 'Whatever' },
    oneInstance,
  ),
];

const OPEN: readonly Run[] = [
  breaks(
    'large',
    'open',
    'stale statuses, and the clock set back far',
    {},
    {
      Instances: 3,
      SetBacks: 'much',
      Stale: true,
    },
  ),
];

export const POD_RUNS: readonly Run[] = [...HOLDING, ...BUGS, ...OPEN];
