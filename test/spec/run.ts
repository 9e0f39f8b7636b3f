/** The constants of the model; `LeaderElection.tla` says what each is. */
export interface Constants {
  readonly Candidates: 1 | 2 | 3;
  /** In ticks. */
  readonly LeaseDuration: number;
  readonly RenewDeadline: number;
  readonly ClockSteps: 'SteadyClocks' | 'OneTwiceAsFast' | 'SleepyClocks' | 'SleepNotCounted';
  readonly LateWrites: number;
  readonly ReclaimOwnIdentity: boolean;
  readonly Deletions: 'never' | 'all saw the last record' | 'all saw the object' | 'any time';
  readonly Edits: boolean;
  readonly Drains: boolean;
  readonly Alters: boolean;
  readonly ColdStarts: boolean;
  readonly Deaths: boolean;
}

/** Those of `PodEvidence.tla`. */
export interface PodConstants {
  readonly Processes: 1 | 2;
  readonly Instances: number;
  /** In ticks. */
  readonly Latest: number;
  readonly Margin: number;
  readonly LatestStart: number;
  readonly SetBacks: 'little' | 'much';
  readonly Stale: boolean;
  readonly Strange: number;
}

const INVARIANTS = [
  'TypeOK',
  'NeverTwoLeaders',
  'WhoLeadsHoldsTheLock',
  'WorkEndsBeforeRelease',
  'EndIsTold',
  'NeverSupersededByItself',
  'WhoIsTakenForDeadIs',
] as const;
const PROPERTIES = [
  'LeadsOnlyAfterCommittedWrite',
  'FencingTokensGrow',
  'NoReleaseOfAnothersLock',
  'ReleaseWaitsForAnswer',
  'LeaderInTheEnd',
  'LeaderStays',
] as const;

export type Promised = (typeof INVARIANTS)[number] | (typeof PROPERTIES)[number];

/** One question to TLC: a model with certain constants and rules, and what is to hold in it. */
export interface Run {
  readonly name: string;
  /** `rules`: what the package does. `bug`: seeded. `open`: what it leaves open. */
  readonly kind: 'rules' | 'bug' | 'open';
  readonly module: 'LeaderElection' | 'Variants' | 'LeaderInTheEnd' | 'PodEvidence' | 'PodVariants';
  /** Small runs make up the short check. */
  readonly size: 'small' | 'large';
  readonly constants: Constants | PodConstants;
  /** Rules, or the specification's NEXT, by name, and what stands in for each. */
  readonly replaced: Readonly<Record<string, string>>;
  readonly promises: readonly Promised[];
  /** That no promise is broken; that one is; or that every action of the model happens. */
  readonly expect: 'holds' | 'counterexample' | 'everyAction';
}

/** The configuration file of a run. `LeaderElection.cfg` is one of these, written out by hand. */
export function configurationText({ module, constants, replaced, promises }: Run): string {
  const { NEXT, ...rules } = replaced;
  const specification = module === 'LeaderInTheEnd' ? 'LiveSpec' : 'Spec';
  const checked = (all: readonly Promised[]) => all.filter((name) => promises.includes(name));
  return [
    NEXT === undefined ? `SPECIFICATION ${specification}` : `INIT Init\nNEXT ${NEXT}`,
    'CONSTANTS',
    ...Object.entries(constants).flatMap(([name, value]) => constant(name, value as Value)),
    ...Object.entries(rules).map(([name, other]) => `  ${name} <- ${other}`),
    // Which candidate is which makes no difference, but TLC cannot use that for "in the end".
    ...(module === 'LeaderInTheEnd' ? [] : ['SYMMETRY Interchangeable']),
    ...('Processes' in constants ? ['CONSTRAINT IsOpen'] : []),
    ...section('INVARIANTS', checked(INVARIANTS)),
    ...section('PROPERTIES', checked(PROPERTIES)),
    '',
  ].join('\n');
}

type Value = number | boolean | string;

/** What makes up a set of so many, by name. */
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  Candidates: ['a', 'b', 'c'],
  Processes: ['p', 'q'],
};

function constant(name: string, value: Value): string[] {
  const members = MEMBERS[name]?.slice(0, Number(value));
  if (members !== undefined) {
    return [`  ${name} = {${members.join(', ')}}`, ...members.map((one) => `  ${one} = ${one}`)];
  }
  return name === 'ClockSteps' ? [`  ${name} <- ${value}`] : [`  ${name} = ${literal(value)}`];
}

function literal(value: Value): string {
  return typeof value === 'boolean' ? String(value).toUpperCase() : JSON.stringify(value);
}

function section(title: string, names: readonly string[]): string[] {
  return names.length === 0 ? [] : [title, ...names.map((name) => `  ${name}`)];
}
