import { POD_RUNS } from './pod-runs.js';
import type { Constants, Promised, Run } from './run.js';

/*
 * What TLC is asked. A run that must find a counterexample looks at one promise only, so that it
 * finds the right one.
 */

const CONSTANTS: Constants = {
  Candidates: 2,
  LeaseDuration: 3,
  RenewDeadline: 2,
  ClockSteps: 'SteadyClocks',
  LateWrites: 1,
  ReclaimOwnIdentity: false,
  Deletions: 'never',
  Edits: false,
  Drains: false,
  Alters: false,
  ColdStarts: false,
  Deaths: false,
};

const SAFETY: readonly Promised[] = [
  'TypeOK',
  'NeverTwoLeaders',
  'WhoLeadsHoldsTheLock',
  'WorkEndsBeforeRelease',
  'EndIsTold',
  'NeverSupersededByItself',
  'LeadsOnlyAfterCommittedWrite',
  'FencingTokensGrow',
  'NoReleaseOfAnothersLock',
  'ReleaseWaitsForAnswer',
];
/**
 * FencingTokensGrow asks for more than its name says: that nothing was stored since. After a
 * deletion an old create may be, which makes nobody leader.
 */
const SAFETY_BUT_TOKENS = SAFETY.filter((promise) => promise !== 'FencingTokensGrow');

const TWO_HUNDRED = { AnswerSaysStored: 'AnyTwoHundred' };
const ANY_ANSWER = { AnswerSaysStored: 'AnyAnswer', Refused: 'RefusedAtAge' };

/** The rules of the package with other constants. */
function rules(size: Run['size'], name: string, constants: Partial<Constants> = {}): Run {
  return {
    name,
    kind: 'rules',
    module: 'LeaderElection',
    size,
    constants: { ...CONSTANTS, ...constants },
    replaced: {},
    promises: SAFETY,
    expect: 'holds',
  };
}

function live(run: Run): Run {
  return { ...run, module: 'LeaderInTheEnd', promises: ['LeaderInTheEnd', 'LeaderStays'] };
}

/** A run that must break a promise: without late writes, unless they are asked for. */
function breaks(
  promise: Promised,
  kind: 'bug' | 'open',
  name: string,
  replaced: Run['replaced'] = {},
  constants: Partial<Constants> = {},
): Run {
  return {
    name,
    kind,
    module: promise === 'LeaderInTheEnd' ? 'LeaderInTheEnd' : 'Variants',
    size: 'small',
    constants: { ...CONSTANTS, LateWrites: 0, ...constants },
    replaced,
    promises: [promise],
    expect: 'counterexample',
  };
}

const allowEverything: Partial<Constants> = {
  Candidates: 1,
  Deletions: 'any time',
  Edits: true,
  Drains: true,
  ReclaimOwnIdentity: true,
  Alters: true,
};
/** Clocks apart by two, and a lease just as much longer than the renew deadline: the very limit. */
const atTheLimit: Partial<Constants> = { ClockSteps: 'OneTwiceAsFast', LeaseDuration: 4 };
const lastRecord: Partial<Constants> = { Deletions: 'all saw the last record' };
const sawObject: Partial<Constants> = { Deletions: 'all saw the object' };
const noLate: Partial<Constants> = { LateWrites: 0 };
const coldStarts: Partial<Constants> = { ColdStarts: true, ...noLate };
const deaths: Partial<Constants> = { Deaths: true };

const HOLDING: readonly Run[] = [
  {
    ...rules('small', 'every action happens (1 candidate, all allowed)', allowEverything),
    promises: ['TypeOK'],
    expect: 'everyAction',
  },
  rules('small', '2 candidates'),
  rules('small', '2 candidates, clocks at the limit', { ...atTheLimit, ...noLate }),
  rules('small', '2 candidates, known deletion, no late writes', { ...lastRecord, ...noLate }),
  live(rules('small', '2 candidates, no late writes: a leader in the end', noLate)),
  rules('small', '2 candidates, records altered, no late writes', { Alters: true, ...noLate }),
  rules('small', '2 candidates, age asked of the server, 2 ticks and 1', {
    ...coldStarts,
    LeaseDuration: 2,
    RenewDeadline: 1,
  }),
  rules('small', '2 candidates, the dead not waited for, no late writes', { ...deaths, ...noLate }),
  rules('large', '2 candidates, the dead not waited for', { ...deaths, Drains: true }),
  rules('large', '2 candidates, records altered', { Alters: true, Drains: true }),
  rules('large', '2 candidates, age asked of the server', coldStarts),
  rules('large', '2 candidates, 2 late writes', { LateWrites: 2 }),
  rules('large', '2 candidates, clocks at the limit, 6 and 3 ticks', {
    ...atTheLimit,
    LeaseDuration: 6,
    RenewDeadline: 3,
  }),
  rules('large', '2 candidates whose machines sleep', { ClockSteps: 'SleepyClocks' }),
  rules('large', '2 candidates, drains and edits', { Drains: true, Edits: true }),
  rules('large', '2 candidates, own identity reclaimed', { ReclaimOwnIdentity: true, Edits: true }),
  live(rules('large', '2 candidates: a leader in the end')),
  rules('large', '2 candidates, known deletion', lastRecord),
  {
    ...rules('large', '2 candidates, deletion, last record not seen by all', sawObject),
    promises: SAFETY_BUT_TOKENS,
  },
  rules('large', '2 candidates, own late writes recognised', { Drains: true }),
  rules('large', '3 candidates, no late writes', { Candidates: 3, ...noLate }),
  rules('large', '3 candidates, clocks at the limit, no late writes', {
    Candidates: 3,
    ...atTheLimit,
    ...noLate,
  }),
  rules('large', '3 candidates', { Candidates: 3 }),
];

const BUGS: readonly Run[] = [
  breaks('NeverTwoLeaders', 'bug', 'deadline counted from the answer', {
    CountFromSending: 'CountFromAnswer',
  }),
  breaks('NeverTwoLeaders', 'bug', 'isLeader() is a flag that a timer resets', {
    Leads: 'LeadsByFlag',
  }),
  breaks(
    'NeverTwoLeaders',
    'bug',
    'renew deadline = lease, clocks apart by 2',
    {},
    { ClockSteps: 'OneTwiceAsFast', LeaseDuration: 2, RenewDeadline: 2 },
  ),
  breaks(
    'NeverTwoLeaders',
    'bug',
    'clocks apart by 2, lease = 4/3 of the deadline',
    {},
    { ClockSteps: 'OneTwiceAsFast', LeaseDuration: 4, RenewDeadline: 3 },
  ),
  breaks(
    'NeverTwoLeaders',
    'bug',
    'a holder does not count its sleep',
    {},
    { ClockSteps: 'SleepNotCounted' },
  ),
  breaks('NeverTwoLeaders', 'bug', "the record's time compared with a clock", {
    CountFromFirstSight: 'CompareWallClocks',
  }),
  breaks('NeverTwoLeaders', 'bug', "own duration instead of the record's", {
    HasRunOut: 'CountOwnDurationNotTheRecords',
  }),
  breaks('NeverTwoLeaders', 'bug', 'writes without a condition', { WritesAreConditional: 'No' }),
  breaks('LeadsOnlyAfterCommittedWrite', 'bug', '409 taken for success: leads', ANY_ANSWER),
  breaks('NeverTwoLeaders', 'bug', '409 taken for success: two lead', ANY_ANSWER),
  breaks('LeadsOnlyAfterCommittedWrite', 'bug', 'any 2xx taken for success: leads', TWO_HUNDRED, {
    Alters: true,
  }),
  breaks('NeverTwoLeaders', 'bug', 'any 2xx taken for success: two lead', TWO_HUNDRED, {
    Alters: true,
  }),
  breaks(
    'NeverTwoLeaders',
    'bug',
    "age by an intermediary's clock",
    { AgeByServer: 'AgeByAnIntermediary' },
    coldStarts,
  ),
  breaks('NeverTwoLeaders', 'bug', 'grant by a watch event', { NEXT: 'NextOrGrant' }),
  breaks('NeverTwoLeaders', 'bug', 'grant by a read back of our name', {
    ProvesOurClaim: 'OurName',
    CountFoundWriteFromItsSending: 'CountFromReading',
  }),
  breaks('NeverTwoLeaders', 'bug', 'one name for all, taken for our own', {
    IsOurs: 'OneNameForAll',
  }),
  breaks(
    'NeverTwoLeaders',
    'bug',
    'deletion taken for a release',
    { IsGoneForGood: 'DeletionIsRelease' },
    lastRecord,
  ),
  breaks('NoReleaseOfAnothersLock', 'bug', 'release by cached holder', { MayEmpty: 'Always' }),
  {
    ...breaks(
      'NeverTwoLeaders',
      'bug',
      'release by cached holder, 3 candidates: two lead',
      { MayEmpty: 'Always' },
      { Candidates: 3 },
    ),
    size: 'large',
  },
  breaks(
    'NeverTwoLeaders',
    'bug',
    'release given up early, candidate again',
    { ReleaseHasHadItsTime: 'Always' },
    { LateWrites: 1 },
  ),
  breaks(
    'WorkEndsBeforeRelease',
    'bug',
    'release while the work winds down',
    { WorkHasEnded: 'Always' },
    { Drains: true },
  ),
  breaks(
    'WorkEndsBeforeRelease',
    'bug',
    'release while the stop callback runs',
    { WorkHasEnded: 'WorkAloneHasEnded' },
    { Drains: true },
  ),
  breaks('ReleaseWaitsForAnswer', 'bug', 'release aborts the renewal under way', {
    NoAnswerIsDue: 'Always',
  }),
  breaks(
    'EndIsTold',
    'bug',
    'the stop callback waits for the work',
    { TellWork: 'TellWorkAlone' },
    { Drains: true },
  ),
  breaks('LeaderInTheEnd', 'bug', 'a dead holder is waited for for ever', { HasRunOut: 'Never' }),
  breaks('LeaderInTheEnd', 'bug', 'a release goes unnoticed', {
    IsReleased: 'Never',
    HasRunOut: 'HasRunOutUnlessReleased',
  }),
  breaks(
    'NeverTwoLeaders',
    'bug',
    'a vanished lease counted from its sight',
    { CountVanishedLease: 'CountVanishedLeaseFromItsSight' },
    sawObject,
  ),
  breaks(
    'NeverTwoLeaders',
    'bug',
    'a create stored after a deletion, taken for our own',
    { OwnAfterReading: 'RememberEveryWrite' },
    { ...lastRecord, LateWrites: 1 },
  ),
  breaks(
    'NeverSupersededByItself',
    'bug',
    'a late write of its own ends a term',
    { OwnAfterReadBack: 'ForgetEveryOtherWrite' },
    { Drains: true, LateWrites: 1 },
  ),
  breaks('NeverSupersededByItself', 'bug', 'only the last write remembered', {
    StandsAfterSending: 'OnlyTheLast',
  }),
  breaks(
    'NeverSupersededByItself',
    'bug',
    "an altered record taken for another's",
    { StandsAfterAnswer: 'AlteredIsAnothers' },
    { Alters: true },
  ),
  breaks('NeverSupersededByItself', 'bug', 'a conflict for a stored renewal is believed', {
    NEXT: 'NextOrConflict',
  }),
];

const OPEN: readonly Run[] = [
  breaks(
    'NeverTwoLeaders',
    'open',
    'deletion, then a fresh candidate',
    {},
    {
      Deletions: 'any time',
    },
  ),
];

export const RUNS: readonly Run[] = [...HOLDING, ...BUGS, ...OPEN, ...POD_RUNS];
