import type { LeaderElection } from '../../election/leader-election.js';
import { type Clock, systemClock } from '../../time/clock.js';
import { aFunction, checkOptions, oneOf, optional, required } from '../../validation/rules.js';
import { Problems } from '../../validation/validate.js';
import { type EmbeddedApiServer, startEmbeddedApiServer } from '../embedded-api-server.js';
import type { KubeConfigObject } from '../kube-config.js';
import { settle, VirtualClock } from '../virtual-clock.js';
import { ApiLine } from './api-line.js';
import type { Join, TestService } from './candidate.js';
import type { Ground } from './ground.js';
import { CLUSTER_OPTIONS, type ClusterOptions, idsOf } from './options.js';
import { realPace, virtualPace } from './pace.js';
import { QuietSockets } from './quiet-sockets.js';
import { type Sleep, sleepBy } from './sleep.js';
import { TestCluster } from './test-cluster.js';

/** What one candidate is made of. */
export interface ApiCandidateWorld {
  readonly id: string;
  /** The text of a kubeconfig: for a file, or `loadFromString`. The user is this candidate. */
  readonly kubeConfig: string;
  /** The same for `loadFromOptions` of `@kubernetes/client-node`. */
  readonly kubeConfigObject: KubeConfigObject;
  /** This candidate's clock. */
  readonly clock: Clock;
  /** In place of `setTimeout` of `node:timers/promises`, by this candidate's clock. */
  readonly sleep: Sleep;
}

export interface StartTestClusterOptions<
  Service extends LeaderElection | TestService,
> extends ClusterOptions {
  /**
   * Makes what one candidate runs, at each start: a `LeaderElection`, or an object with one as
   * `election`; or a promise of that.
   */
  readonly service: (world: ApiCandidateWorld) => Service | Promise<Service>;
  /**
   * `virtual`: time passes in `advance` alone, and each service must give the `clock` to its
   * election. `real`: it need not, and `advance` waits. Default `virtual`.
   */
  readonly time?: 'virtual' | 'real';
  /** Namespaces beside `default`, `kube-system` and `kube-public`. */
  readonly namespaces?: readonly string[];
}

/** What {@link startTestCluster} resolves with. */
export class ApiServerTestCluster<
  Service extends LeaderElection | TestService = LeaderElection,
> extends TestCluster<Service> {
  /** Its users are the ids of the candidates: in `faults`, `deny` and `requests`. */
  readonly server: EmbeddedApiServer;

  /** @internal */
  constructor(
    server: EmbeddedApiServer,
    ground: Ground,
    ids: readonly string[],
    join: (id: string) => Join<Service>,
  ) {
    super(ground, ids, join);
    this.server = server;
  }
}

const WHY_CLOCK = "give `clock` to its LeaderElection, or `time: 'real'` to startTestCluster";

const TIMES = ['virtual', 'real'] as const;

/**
 * Candidates that reach an embedded API server by a kubeconfig, each as a user of its own: for
 * services that make their own lock. Resolves when all have sent a first request.
 *
 * @throws {ConfigError} naming every option that breaks a rule
 */
export async function startTestCluster<Service extends LeaderElection | TestService>(
  options: StartTestClusterOptions<Service>,
): Promise<ApiServerTestCluster<Service>> {
  const problems = new Problems('startTestCluster');
  checkOptions<StartTestClusterOptions<Service>>(problems, options, {
    ...CLUSTER_OPTIONS,
    service: required(aFunction),
    time: optional(oneOf(...TIMES), 'virtual'),
    namespaces: optional({
      description: 'names',
      check: (found, field, value) =>
        found.require(Array.isArray(value), field, 'must be a list of names', value),
    }),
  });
  problems.throwIfAny();
  const ids = idsOf(options);
  const cluster = await clusterOf(options, ids);
  try {
    if (options.start !== false) for (const id of ids) await cluster.start(id);
  } catch (error) {
    await cluster.close().catch(() => undefined);
    throw error;
  }
  return cluster;
}

async function clusterOf<Service extends LeaderElection | TestService>(
  { service, time = 'virtual', namespaces = [], advanceTimers }: StartTestClusterOptions<Service>,
  ids: readonly string[],
): Promise<ApiServerTestCluster<Service>> {
  const isVirtual = time === 'virtual';
  let settled = settle;
  const virtual = new VirtualClock(undefined, () => settled());
  const clock = isVirtual ? virtual : systemClock;
  const server = await startEmbeddedApiServer({ tokens: {}, namespaces, clock });
  const sockets = new QuietSockets(Number(new URL(server.url).port));
  settled = sockets.settled;
  const ground: Ground = {
    clock,
    whyClock: isVirtual ? WHY_CLOCK : null,
    pass: isVirtual ? virtualPace(virtual, advanceTimers) : realPace(settled, advanceTimers),
    async close() {
      await server.close();
      sockets.close();
    },
  };
  let starts = 0;
  return new ApiServerTestCluster<Service>(server, ground, ids, (id) => (own) => {
    const token = `${id}-${++starts}`;
    server.addToken(token, id);
    const world: ApiCandidateWorld = {
      id,
      kubeConfig: server.kubeConfig({ token }),
      kubeConfigObject: server.kubeConfigObject({ token }),
      clock: own,
      sleep: sleepBy(own),
    };
    return { line: new ApiLine(server, id, token), service: service(world) };
  });
}
