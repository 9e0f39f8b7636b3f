import { KubeConfig } from '@kubernetes/client-node';
import { vi } from 'vitest';
import {
  LeaderElection,
  type LeaderElectionConfig,
  LeaseLock,
  type Term,
} from '../../../src/index.js';
import {
  type EmbeddedApiServer,
  type EmbeddedApiServerOptions,
  type Fault,
  startEmbeddedApiServer,
  VirtualClock,
  InMemoryLockStore,
} from '../../../src/testing.js';
import { until } from '../../cli/support/processes.js';
import { Wire } from '../../../src/testing/cluster/wire.js';

/** What programs print that give no logger, as they would print it on a cluster. */
export class PrintedLines {
  readonly #lines: string[] = [];

  constructor() {
    for (const method of ['warn', 'error'] as const) {
      vi.spyOn(console, method).mockImplementation((text: string) => {
        this.#lines.push(text);
      });
    }
  }

  /** The first line of each; what follows is a manifest. */
  get all(): string[] {
    return this.#lines.map((text) =>
      (text.split('\n', 1)[0] ?? '').replace(/127\.0\.0\.1:\d+/, '10.96.0.1:443'),
    );
  }

  async print(text: string): Promise<void> {
    await until(`"${text}" among:\n${this.#lines.join('\n')}`, () =>
      this.#lines.some((line) => line.includes(text)),
    );
  }
}

const NAMESPACE = 'production';
const NAME = 'data-processor';
const USER = `system:serviceaccount:${NAMESPACE}:${NAME}`;
/** Short, since it is real time that passes. */
const TIMINGS = { leaseDurationSeconds: 3, renewDeadlineSeconds: 2, retryPeriodSeconds: 1 };

/** A candidate on an API server of its own. */
export class Incident implements AsyncDisposable {
  readonly #elections: LeaderElection[] = [];

  private constructor(readonly server: EmbeddedApiServer) {}

  static async begin(options: EmbeddedApiServerOptions = {}): Promise<Incident> {
    const tokens = { token: USER };
    return new Incident(
      await startEmbeddedApiServer({ tokens, namespaces: [NAMESPACE], ...options }),
    );
  }

  join(options: Partial<LeaderElectionConfig> = {}, token = 'token'): LeaderElection {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromString(this.server.kubeConfig({ token }));
    // The runbook shows what is read in a pod: this is what the client library calls its context.
    const pod = { ...kubeConfig.contexts[0]!, name: 'inClusterContext' };
    kubeConfig.contexts = [pod];
    kubeConfig.setCurrentContext(pod.name);
    const lock = new LeaseLock({ name: NAME, namespace: NAMESPACE, kubeConfig });
    const election = new LeaderElection({
      lock,
      onStartedLeading: null,
      ...TIMINGS,
      ...options,
    });
    this.#elections.push(election);
    void election.run();
    return election;
  }

  async lead(options: Partial<LeaderElectionConfig> = {}): Promise<LeaderElection> {
    const election = this.join(options);
    await until('leadership', () => election.isLeader());
    return election;
  }

  /** From now on this is what comes of writes. */
  write(fault: Fault): void {
    this.server.faults.add({ match: { verb: ['create', 'update'] }, fault });
  }

  /** As an admission plugin does. */
  refuse(message: string): void {
    const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 403 };
    this.write({
      kind: 'status',
      status: 403,
      body: { ...status, reason: 'Forbidden', message },
    });
  }

  rewrite(holderIdentity: string): void {
    const time = new Date().toISOString().replace('Z', '000Z');
    this.server.store.put({
      kind: 'Lease',
      metadata: { name: NAME, namespace: NAMESPACE },
      spec: { holderIdentity, leaseDurationSeconds: 15, acquireTime: time, renewTime: time },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.faults.clear();
    await Promise.all(this.#elections.map((election) => election.stop()));
    await this.server.close();
  }
}

/** Work that hears nothing, until the end of the test. */
export function deafWork(): { work: (term: Term) => Promise<void>; end: () => void } {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  return { work: () => ended, end };
}

/** A candidate whose API server is silent for so long, and then back. */
export async function outage(seconds: number): Promise<void> {
  const clock = new VirtualClock();
  const wire = new Wire(new InMemoryLockStore(), clock, 'me');
  wire.cut = 'silent';
  const random = (): number => 0.5;
  const election = new LeaderElection({ lock: wire, clock, random, onStartedLeading: null });
  const over = election.run();
  await clock.advance(seconds * 1000);
  wire.cut = null;
  await clock.advance(5_000);
  const stopped = election.stop();
  await clock.advance(5_000);
  await Promise.all([over, stopped]);
}
