import { accessSync, constants, statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { resolveConfig } from '../../config/resolve-config.js';
import { suggest } from '../../validation/suggest.js';
import { ConfigError } from '../../errors/config-error.js';
import { LeaseLock } from '../../lock/locks.js';
import type { RealCluster } from './cluster.js';
import { LOCK_KIND_NAMES, LOCK_KINDS, type LockKind } from '../../lock/lock-kinds.js';
import { DEFAULT_TIMINGS, DEMO_TIMINGS, type Timings } from '../timings.js';

export interface DemoOptions {
  /** Null: the API server inside this program. */
  readonly cluster: RealCluster | null;
  readonly lock: LockKind;
  readonly timings: Timings;
  readonly candidates: number;
  /** Plain lines even in a terminal. */
  readonly plain: boolean;
  /** Serve the live chart. */
  readonly inspect?: boolean;
}

export type ParsedArgs =
  | { readonly kind: 'run'; readonly options: DemoOptions }
  | { readonly kind: 'help' }
  /** One sentence for each thing that is wrong. */
  | { readonly kind: 'wrong'; readonly problems: readonly string[] };

const FLAGS = {
  kubeconfig: { type: 'string' },
  context: { type: 'string' },
  namespace: { type: 'string' },
  lock: { type: 'string' },
  candidates: { type: 'string' },
  'lease-duration': { type: 'string' },
  'renew-deadline': { type: 'string' },
  'retry-period': { type: 'string' },
  plain: { type: 'boolean' },
  inspect: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

type Flag = keyof typeof FLAGS;

const FLAG_OF: Record<keyof Timings, Flag> = {
  leaseDurationSeconds: 'lease-duration',
  renewDeadlineSeconds: 'renew-deadline',
  retryPeriodSeconds: 'retry-period',
};

/** Of any kind of lock. */
const RESOURCES = LOCK_KIND_NAMES.map((kind) => LOCK_KINDS[kind].resource).join(' or ');

export const HELP = `Shows a leader election: candidates elect a leader, it is killed, another takes
over, that one is stopped, and the next takes over.

Flags
  --candidates N        how many candidate processes, 2 to 9 (default 3)
  --lock KIND           ${LOCK_KIND_NAMES.join(' or ')} (default ${LOCK_KIND_NAMES[0]})
  --lease-duration S    seconds, whole (default ${DEMO_TIMINGS.leaseDurationSeconds}; the package's own default is ${DEFAULT_TIMINGS.leaseDurationSeconds})
  --renew-deadline S    seconds (default ${DEMO_TIMINGS.renewDeadlineSeconds}; the package's own default is ${DEFAULT_TIMINGS.renewDeadlineSeconds})
  --retry-period S      seconds (default ${DEMO_TIMINGS.retryPeriodSeconds}; the package's own default is ${DEFAULT_TIMINGS.retryPeriodSeconds})
  --plain               plain lines instead of a live table
  --inspect             serve a live chart of every candidate, for a browser
  --help                this text

On a real cluster (without these, an API server inside this program is used)
  --kubeconfig FILE     default with --context: KUBECONFIG, then ~/.kube/config
  --context NAME        a context of the kubeconfig (default: its current one)
  --namespace NAME      an existing namespace (default: that of the context)
The account needs the verbs get, create, update, watch and delete on ${RESOURCES}
there. The lock has a new random name at each run and is deleted at the end.

Exit codes: 0 all went as it should; 1 something did not; 2 wrong flags;
130 and 143 after Ctrl-C and SIGTERM.`;

/** Reads the flags and checks them all. It looks at the kubeconfig's file, and at nothing else. */
export function parseDemoArgs(argv: readonly string[]): ParsedArgs {
  const problems: string[] = [];
  const values = readFlags(argv, problems);
  if (values.has('help')) return { kind: 'help' };
  const options: DemoOptions = {
    cluster: readCluster(values, problems),
    lock: readLock(values.get('lock'), problems),
    timings: readTimings(values, problems),
    candidates: readCandidates(values.get('candidates'), problems),
    plain: values.has('plain'),
    ...(values.has('inspect') ? { inspect: true } : {}),
  };
  return problems.length === 0 ? { kind: 'run', options } : { kind: 'wrong', problems };
}

type Values = ReadonlyMap<Flag, string>;

function readFlags(argv: readonly string[], problems: string[]): Values {
  // Not strict, because that would report the first mistake only.
  const { tokens } = parseArgs({ args: [...argv], options: FLAGS, strict: false, tokens: true });
  const values = new Map<Flag, string>();
  for (const token of tokens) {
    if (token.kind === 'positional') problems.push(`${quoted(token.value)} is not a flag.`);
    if (token.kind !== 'option') continue;
    if (!Object.hasOwn(FLAGS, token.name)) {
      const near = suggest(token.name, Object.keys(FLAGS));
      const hint = near === null ? 'see --help' : `did you mean --${near}?`;
      problems.push(`${quoted(token.rawName)} is not a flag: ${hint}`);
      continue;
    }
    const name = token.name as Flag;
    if (FLAGS[name].type === 'boolean') {
      if (token.value === undefined) values.set(name, '');
      else problems.push(`--${name} takes no value; received ${quoted(token.value)}`);
    } else if (token.value === undefined || token.value === '' || isNextFlag(token)) {
      problems.push(`--${name} needs a value`);
    } else {
      values.set(name, token.value);
    }
  }
  return values;
}

function isNextFlag(token: { value: string; inlineValue: boolean }): boolean {
  return !token.inlineValue && token.value.startsWith('--');
}

function readCluster(values: Values, problems: string[]): RealCluster | null {
  const kubeconfig = values.get('kubeconfig') ?? null;
  const context = values.get('context') ?? null;
  const namespace = values.get('namespace') ?? null;
  if (namespace !== null) checkNamespace(namespace, problems);
  if (kubeconfig !== null) checkReadable(kubeconfig, problems);
  if (kubeconfig === null && context === null) {
    if (namespace !== null) {
      problems.push('--namespace is for a real cluster: give --kubeconfig or --context, too');
    }
    return null;
  }
  return { kubeconfig, context, namespace };
}

function checkNamespace(namespace: string, problems: string[]): void {
  try {
    new LeaseLock({ name: 'demo', namespace });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const { rule, value } of error.problems) {
      problems.push(`--namespace ${rule}; received ${value}`);
    }
  }
}

function checkReadable(file: string, problems: string[]): void {
  try {
    accessSync(file, constants.R_OK);
    if (!statSync(file).isFile()) problems.push(`--kubeconfig ${quoted(file)} is not a file`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code ?? 'no reason'})`;
    problems.push(`--kubeconfig ${quoted(file)} ${why}`);
  }
}

function readLock(value: string | undefined, problems: string[]): LockKind {
  const [byDefault] = LOCK_KIND_NAMES;
  if (value === undefined) return byDefault;
  const kind = LOCK_KIND_NAMES.find((name) => name === value);
  if (kind !== undefined) return kind;
  problems.push(`--lock must be ${LOCK_KIND_NAMES.join(' or ')}; received ${quoted(value)}`);
  return byDefault;
}

function readCandidates(value: string | undefined, problems: string[]): number {
  if (value !== undefined && !/^[2-9]$/.test(value)) {
    problems.push(`--candidates must be a whole number from 2 to 9; received ${quoted(value)}`);
  }
  return Number(value ?? 3);
}

function readTimings(values: Values, problems: string[]): Timings {
  const timings = { ...DEMO_TIMINGS };
  let sound = true;
  for (const [field, flag] of Object.entries(FLAG_OF) as [keyof Timings, Flag][]) {
    const value = values.get(flag);
    if (value === undefined) continue;
    if (!/^\d+(\.\d+)?$/.test(value)) {
      problems.push(`--${flag} must be a number of seconds; received ${quoted(value)}`);
      sound = false;
    }
    timings[field] = Number(value);
  }
  if (sound) problems.push(...timingProblems(timings));
  return timings;
}

/** The rules are those of every election; only the names are those of the flags. */
function timingProblems(timings: Timings): string[] {
  try {
    const lock = new LeaseLock({ name: 'demo', identity: 'demo' });
    resolveConfig({ lock, onStartedLeading: null, ...timings });
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ field, rule, value }) =>
      Object.entries(FLAG_OF).reduce(
        (text, [name, flag]) => text.replaceAll(name, `--${flag}`),
        `${field} ${rule}; received ${value}`,
      ),
    );
  }
}

function quoted(value: string): string {
  return JSON.stringify(value);
}
