import { KubeConfig } from '@kubernetes/client-node';
import { LeaderElection, LeaseLock } from '../../../src/index.js';
import { type EmbeddedApiServer, startEmbeddedApiServer } from '../../../src/testing.js';

/** The shortest that are allowed, so that nobody waits long. */
export const SHORT = { leaseDurationSeconds: 3, renewDeadlineSeconds: 2, retryPeriodSeconds: 1 };

export type Overrides = Partial<ConstructorParameters<typeof LeaderElection>[0]>;

export function candidateOn(
  kubeConfigText: string,
  identity: string,
  overrides: Overrides = {},
): LeaderElection {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(kubeConfigText);
  return new LeaderElection({
    lock: new LeaseLock({ name: 'watched', namespace: 'default', identity, kubeConfig }),
    ...SHORT,
    onStartedLeading: untilAborted,
    onLost: 'rejoin',
    logger: false,
    ...overrides,
  });
}

/** Work that ends when it is told to. */
export function untilAborted({ signal }: { readonly signal: AbortSignal }): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Candidates on an embedded API server, each with a token of its own: one can be cut off alone. */
export class EmbeddedFleet implements AsyncDisposable {
  readonly server: EmbeddedApiServer;
  readonly #elections: LeaderElection[] = [];

  constructor(server: EmbeddedApiServer) {
    this.server = server;
  }

  candidate(identity: string, overrides: Overrides = {}): LeaderElection {
    const token = `token-of-${identity}`;
    this.server.addToken(token, identity);
    const election = candidateOn(this.server.kubeConfig({ token }), identity, overrides);
    this.#elections.push(election);
    return election;
  }

  /** From now on nothing of this candidate's gets through. Returns how to undo it. */
  cutOff(identity: string): () => void {
    this.server.watches.closeAll({ abruptly: true });
    return this.server.faults.add({ match: { user: identity }, fault: { kind: 'reset' } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.faults.clear();
    await Promise.all(this.#elections.map((election) => election.stop()));
    await this.server.close();
  }
}

export async function embeddedFleet(): Promise<EmbeddedFleet> {
  return new EmbeddedFleet(await startEmbeddedApiServer({ tokens: { 'a-token': 'somebody' } }));
}
