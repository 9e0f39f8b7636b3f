import { setTimeout as sleep } from 'node:timers/promises';
import { CANDIDATE_RULES } from '../support/api-server-rbac.js';
import type { RunningApiServer } from '../support/api-server-types.js';
import { Fleet, type Program } from '../e2e/fleet/fleet.js';
import { machineNow } from '../e2e/fleet/report.js';
import { HttpFaultProxy } from './http-fault-proxy.js';
import { type LocalFault, nameOf, type Timings } from './plan.js';

/** A fault as it was done, for the checker. */
export interface DoneFault {
  readonly name: string;
  /** `everybody` for a fault of the API server itself. */
  readonly target: string;
  readonly from: number;
  readonly to: number;
}

/** One lock and its candidates, each behind a proxy of its own. */
export class Group implements AsyncDisposable {
  readonly faults: DoneFault[] = [];
  readonly fleet: Fleet;
  readonly #server: RunningApiServer;
  readonly #user: string;
  readonly #namespace: string;
  readonly #proxies = new Map<string, HttpFaultProxy>();
  readonly #kubeConfigs = new Map<string, string>();

  private constructor(server: RunningApiServer, fleet: Fleet, user: string, namespace: string) {
    this.#server = server;
    this.fleet = fleet;
    this.#user = user;
    this.#namespace = namespace;
  }

  static async start(
    server: RunningApiServer,
    options: { index: number; timings: Timings; program?: Program },
  ): Promise<Group> {
    const namespace = `chaos-${options.index}`;
    const user = `chaos-${options.index}`;
    await server.createNamespace(namespace);
    await server.grant(user, namespace, CANDIDATE_RULES);
    const settings = {
      kubeConfigPath: '',
      kind: options.index % 2 === 0 || options.program ? 'lease' : 'configmap',
      name: 'chaos',
      namespace,
      onLost: 'rejoin',
      ...options.timings,
    } as const;
    const group = new Group(server, new Fleet(settings, options.program), user, namespace);
    for (const letter of 'abc') await group.#add(`${user}-${letter}`);
    return group;
  }

  get candidates(): string[] {
    return [...this.#proxies.keys()];
  }

  /** Does one fault to one candidate, and resolves when it is over. */
  async inflict(fault: LocalFault, who: string): Promise<void> {
    const from = machineNow();
    await this.#do(fault, who);
    this.faults.push({ name: nameOf(fault), target: who, from, to: machineNow() });
  }

  /** Resolves with the one that leads, once there is one again. */
  leader(withinMs: number): Promise<string> {
    return this.fleet.waitFor('a leader', () => this.fleet.leaders()[0], withinMs);
  }

  async #do(fault: LocalFault, who: string): Promise<void> {
    switch (fault.what) {
      case 'network': {
        const proxy = this.#proxies.get(who);
        if (proxy === undefined) throw new Error(`There is no candidate ${who}`);
        proxy.fault = fault.fault;
        await sleep(fault.forMs);
        proxy.heal();
        return;
      }
      case 'pause':
        this.fleet.signal(who, 'SIGSTOP');
        await sleep(fault.forMs);
        this.fleet.signal(who, 'SIGCONT');
        return;
      case 'block':
        this.fleet.send(who, { command: 'block', ms: fault.forMs });
        await sleep(fault.forMs);
        return;
      case 'kill':
        await this.fleet.kill(who);
        await this.#startAgain(who);
        return;
      case 'stop':
        await this.fleet.stop(who);
        await this.#startAgain(who);
        return;
      case 'revoke':
        await this.#server.revoke(this.#user, this.#namespace);
        await sleep(fault.forMs);
        await this.#server.grant(this.#user, this.#namespace, CANDIDATE_RULES);
    }
  }

  async #add(who: string): Promise<void> {
    const { url, caCertificate } = this.#server;
    const { token } = this.#server.user(this.#user);
    const proxy = await HttpFaultProxy.start({ url, caCertificate, token });
    this.#proxies.set(who, proxy);
    // The proxy knows the token; the candidate needs none.
    const path = await this.#server.writeKubeConfig(this.#user, { server: proxy.url });
    this.#kubeConfigs.set(who, path);
    await this.#startAgain(who);
  }

  #startAgain(who: string): Promise<void> {
    return this.fleet.start(who, { kubeConfigPath: this.#kubeConfigs.get(who) ?? '' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.fleet[Symbol.asyncDispose]();
    for (const proxy of this.#proxies.values()) await proxy[Symbol.asyncDispose]();
  }
}
