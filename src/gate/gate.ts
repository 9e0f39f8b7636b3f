import http from 'node:http';
import https, { type RequestOptions } from 'node:https';
import type { LeaderElection } from '../election/leader-election.js';
import { NotLeaderError } from '../errors/not-leader-error.js';
import { guardedAgent } from '../http/guarded-agent.js';
import {
  type Dispatcher,
  globalDispatcher,
  guardedDispatcher,
} from '../http/guarded-dispatcher.js';
import { type Gate, isRead, Passage } from '../http/passage.js';
import { KUBE_CONFIG_METHODS, type KubeConfigLike } from '../kubernetes/kube-config-like.js';
import { marginMsOf } from '../term/gates.js';
import type { TermHandle } from '../term/term.js';
import { Problems } from '../validation/validate.js';

export interface GateOptions {
  /**
   * Send a request only if the leadership lasts for so much longer, even if it is not renewed: for what
   * must have arrived before. Less than `renewDeadlineSeconds`.
   *
   * @defaultValue `0`
   */
  readonly marginSeconds?: number | undefined;
}

/** The `KubeConfig` of `@kubernetes/client-node`, version 1.4 or newer, of which API classes are made. */
export interface GateableKubeConfig extends KubeConfigLike {
  applySecurityAuthentication(context: never): Promise<void>;
}

/** What is used of a request of client-node: version 1 sends it by an agent, version 2 by a dispatcher. */
interface RequestContext {
  getHttpMethod(): string;
  getSignal(): AbortSignal | undefined;
  setSignal(signal: AbortSignal): void;
  getAgent?(): http.Agent | undefined;
  setAgent?(agent: http.Agent): void;
  getDispatcher?(): Dispatcher | undefined;
  setDispatcher?(dispatcher: Dispatcher): void;
}

type ApplyTo<What> = (this: unknown, what: What) => Promise<void>;

/**
 * The same kubeconfig, by which requests that change something are sent only while `election.isLeader()`
 * is true: all but GET, HEAD and OPTIONS. The clock is asked when a request is made, and again right
 * before it is written to its connection. A request belongs to the term in which it was made: when
 * that ends, it is given up, and its fate is unknown. Reads and watches pass at any time; so does
 * what is a GET on the wire, such as `exec`.
 *
 * Make API classes of it (`makeApiClient`), or use it wherever client-node takes a `KubeConfig`. The
 * kubeconfig that is given stays as it is: give that to the lock, which has to be written by candidates.
 *
 * @returns a `KubeConfig` whose requests fail with a `NotLeaderError` where they are not sent
 * @throws {ConfigError} naming every argument that is wrong
 */
export function gate<KubeConfig extends GateableKubeConfig>(
  election: LeaderElection,
  kubeConfig: KubeConfig,
  options: GateOptions = {},
): KubeConfig {
  const gateOf = checked(election, kubeConfig, options);
  const authenticate = methodOf<RequestContext>(kubeConfig, 'applySecurityAuthentication');
  const applyToOptions = methodOf<RequestOptions>(kubeConfig, 'applyToHTTPSOptions');
  return Object.create(kubeConfig, {
    /** What each request of an API class goes through before it is sent. */
    applySecurityAuthentication: {
      value: async function (this: unknown, context: RequestContext): Promise<void> {
        if (isRead(context.getHttpMethod())) return authenticate.call(this, context);
        const passage = new Passage(gateOf(context.getHttpMethod()));
        await authenticate.call(this, context);
        send(context, passage);
      },
    },
    /** What everything else of client-node goes through, and programs that send requests themselves. */
    applyToHTTPSOptions: {
      value: async function (this: KubeConfig, to: RequestOptions): Promise<void> {
        await applyToOptions.call(this, to);
        const isPlain = this.getCurrentCluster()?.server.startsWith('http:') === true;
        const agent = typeof to.agent === 'object' ? to.agent : undefined;
        to.agent = guardedAgent(
          agent ?? (isPlain ? http : https).globalAgent,
          () => new Passage(gateOf('the request')),
        );
      },
    },
  }) as KubeConfig;
}

/** To be called on another object, which is like the given one in everything else. */
function methodOf<What>(kubeConfig: GateableKubeConfig, name: keyof GateableKubeConfig) {
  return Reflect.get(kubeConfig, name) as ApplyTo<What>;
}

/** Has a request sent by what asks the clock once more. */
function send(context: RequestContext, passage: Passage): void {
  context.setSignal(passage.signalWith(context.getSignal()));
  if (typeof context.setDispatcher === 'function') {
    const dispatcher = context.getDispatcher?.();
    context.setDispatcher(
      guardedDispatcher(() => dispatcher ?? globalDispatcher(UNDICI_OF_CLIENT_NODE), passage),
    );
  } else if (typeof context.setAgent === 'function') {
    const agent = context.getAgent?.() ?? https.globalAgent;
    context.setAgent(guardedAgent(agent, () => passage));
  } else {
    throw new Error(
      'this version of @kubernetes/client-node is not known: its requests have neither an agent nor a dispatcher',
    );
  }
}

/** The least that version 2 has. */
const UNDICI_OF_CLIENT_NODE = '8';

function checked(
  election: LeaderElection,
  kubeConfig: GateableKubeConfig,
  options: GateOptions,
): (method: string) => Gate {
  const problems = new Problems('gate()');
  problems.methods('election', election, 'a LeaderElection', ['isLeader', 'run']);
  problems.methods('kubeConfig', kubeConfig, 'a KubeConfig of @kubernetes/client-node', [
    ...KUBE_CONFIG_METHODS,
    'applySecurityAuthentication',
  ]);
  if (problems.options(options)) problems.unknown(options, ['marginSeconds']);
  problems.throwIfAny();
  const { renewDeadlineMs } = election.actor.getSnapshot().context.config;
  const marginMs = marginMsOf('gate()', options.marginSeconds, renewDeadlineMs);
  return (method) => {
    const term = election.term as TermHandle | null;
    if (term !== null) return term.gate('lock', marginMs);
    throw new NotLeaderError(`${election.identity} does not lead: ${method} was not sent`);
  };
}
