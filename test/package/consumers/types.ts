// A user's program that is only compiled. What must not compile is marked.
import type { KubeConfig } from '@kubernetes/client-node' with { 'resolution-mode': 'import' };
import {
  ConfigError,
  type EndReason,
  LeaderElection,
  type LeaderElectionConfig,
  LeaseLock,
  LockError,
  type LockErrorKind,
  type Outcome,
  type ResourceLock,
  type Term,
} from 'k8s-leader-election';
import { type LeaderElectionActor, leaderElectionMachine } from 'k8s-leader-election/machine';
import { registerMetrics as tellOpenTelemetry } from 'k8s-leader-election/opentelemetry';
import { registerMetrics } from 'k8s-leader-election/prometheus';
import { startEmbeddedApiServer } from 'k8s-leader-election/testing';
import { Registry } from 'prom-client';
import { createActor } from 'xstate';

export async function lead(kubeConfig: KubeConfig): Promise<Outcome> {
  const lock: ResourceLock = new LeaseLock({ name: 'a', namespace: 'b', kubeConfig });
  const config: LeaderElectionConfig = {
    lock,
    leaseDurationSeconds: 15,
    onStartedLeading: async (term: Term) => {
      const token: bigint = term.fencingToken;
      const signal: AbortSignal = term.signal;
      await Promise.resolve([token, signal]);
    },
    onStoppedLeading: (reason: EndReason) => reason === 'stopped',
  };
  const election = new LeaderElection(config);
  election.on('newLeader', ({ identity }) => identity.toUpperCase());
  return election.run({ signal: AbortSignal.timeout(1000) });
}

export async function test(): Promise<string> {
  const server = await startEmbeddedApiServer();
  await server.close();
  return server.kubeConfig();
}

export function problems(error: unknown): readonly string[] {
  return error instanceof ConfigError ? error.problems.map(({ field }) => field) : [];
}

/** What may be left out may be undefined, whatever the compiler is told. */
type Blank<Options> = {
  [Name in keyof Options as object extends Pick<Options, Name> ? Name : never]-?: undefined;
};

export function left(
  config: LeaderElectionConfig,
  blank: Blank<LeaderElectionConfig>,
  name: { name: string } & Blank<ConstructorParameters<typeof LeaseLock>[0]>,
  server: Blank<NonNullable<Parameters<typeof startEmbeddedApiServer>[0]>>,
): unknown[] {
  const given: LeaderElectionConfig = { ...config, ...blank };
  return [new LeaderElection(given), new LeaseLock(name), startEmbeddedApiServer(server)];
}

export function advice(error: unknown): 'wait' | 'ask' | LockErrorKind {
  if (!(error instanceof LockError)) return 'ask';
  if (error.code === 'ERR_LOCK_THROTTLED') return 'wait';
  // @ts-expect-error there is no such code
  if (error.code === 'ERR_LOCK_THROTLED') return 'wait';
  // @ts-expect-error nor such a kind
  if (error.kind === 'throtled') return 'wait';
  const { kind } = error;
  if (kind === 'conflict' || kind === 'notFound') {
    const narrowed: 'conflict' | 'notFound' = kind;
    return narrowed;
  }
  // @ts-expect-error it has been dealt with
  return kind === 'conflict' ? 'ask' : kind;
}

export function waits(election: LeaderElection, config: LeaderElectionConfig): boolean {
  const actor: LeaderElectionActor = createActor(leaderElectionMachine, { input: config });
  actor.send({ type: 'start' });
  const waits = actor.getSnapshot().matches({ participating: 'acquiring' });
  return waits || election.actor.getSnapshot().hasTag('leader');
}

export function measured(election: LeaderElection): (() => void)[] {
  const register = new Registry();
  return [registerMetrics(election, { register, name: 'a' }), tellOpenTelemetry(election)];
}

export function wrong(election: LeaderElection, lock: ResourceLock): void {
  // @ts-expect-error the option's name has its unit
  new LeaderElection({ lock, onStartedLeading: null, leaseDuration: 15 });
  // @ts-expect-error the work has to be there, if only as null
  new LeaderElection({ lock });
  // @ts-expect-error there is no such event
  election.on('startedLeadin', () => undefined);
  // @ts-expect-error the machine has no such event
  election.actor.send({ type: 'begin' });
  // @ts-expect-error the machine has no such state
  election.actor.getSnapshot().matches({ participating: 'aquiring' });
  // @ts-expect-error a term's end is not for the user to set
  election.on('startedLeading', ({ term }) => (term.leadingUntil = new Date()));
  // @ts-expect-error a lock is for an object with a name
  new LeaseLock({ namespace: 'b' });
}
