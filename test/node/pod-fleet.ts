import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CANDIDATE_RULES } from '../support/api-server-rbac.js';
import type { RunningApiServer } from '../support/api-server-types.js';
import { overlapsOf, type Reign } from '../e2e/fleet/timeline.js';
import type { PodCandidate } from './candidates.js';
import { IMAGES } from './node-files.js';
import { machineNow, type PodReport, type PodSettings, reignsIn } from './pod-report.js';
import type { TestNode } from './test-node.js';

const ACCOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const LOOK_MS = 25;
/** Younger than that, the end of a process is no evidence yet. */
const YOUNG_MS = 4000;

/** What makes a pod another one than the rest. */
export interface PodChanges {
  readonly memory?: string;
  readonly livenessProbe?: object;
}

export interface Pod {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly status?: {
    readonly phase?: string;
    readonly containerStatuses?: readonly {
      readonly containerID?: string;
      readonly restartCount: number;
      readonly state?: {
        readonly running?: object;
        readonly terminated?: { readonly reason: string };
      };
      readonly lastState?: { readonly terminated?: { readonly reason: string } };
    }[];
  };
}

/** Candidates for one lock in pods of one namespace, on one node, with a service account's real token. */
export class PodFleet {
  readonly candidate: PodCandidate;
  readonly #node: TestNode;
  readonly #server: RunningApiServer;
  readonly #namespace: string;
  readonly #settings: PodSettings;
  readonly #pods = new Set<string>();
  readonly #reports: string;
  /** Where a pod's probe looks whether it is said to be ill. */
  readonly #control: string;

  private constructor(
    node: TestNode,
    server: RunningApiServer,
    candidate: PodCandidate,
    settings: PodSettings,
  ) {
    this.candidate = candidate;
    this.#node = node;
    this.#server = server;
    this.#namespace = settings.namespace;
    this.#settings = settings;
    this.#reports = join(node.directory, 'reports', settings.namespace);
    this.#control = join(node.directory, 'control', settings.namespace);
  }

  /** Its namespace is made for it, with the rights of a candidate and, with evidence, of reading pods. */
  static async make(
    node: TestNode,
    server: RunningApiServer,
    candidate: PodCandidate,
    settings: PodSettings,
  ): Promise<PodFleet> {
    const { namespace } = settings;
    const fleet = new PodFleet(node, server, candidate, settings);
    for (const folder of [fleet.#reports, fleet.#control]) mkdirSync(folder, { recursive: true });
    await server.createNamespace(namespace);
    const pods = { apiGroups: [''], resources: ['pods'], verbs: ['get', 'watch'] };
    await server.grant(`system:serviceaccount:${namespace}:default`, namespace, [
      ...CANDIDATE_RULES,
      ...(settings.podEvidence ? [pods] : []),
    ]);
    await fleet.#make('serviceaccounts', { kind: 'ServiceAccount', metadata: { name: 'default' } });
    // A controller does that elsewhere.
    const data = { 'ca.crt': server.caCertificate };
    await fleet.#make('configmaps', {
      kind: 'ConfigMap',
      metadata: { name: 'kube-root-ca.crt' },
      data,
    });
    return fleet;
  }

  /** Those that were started and not removed. */
  get pods(): readonly string[] {
    return [...this.#pods];
  }

  /** Resolves when the program in the pod has started. */
  async start(name: string, changes: PodChanges = {}): Promise<void> {
    const since = machineNow();
    await this.#make('pods', this.#podNamed(name, changes));
    this.#pods.add(name);
    await this.waitFor(`${name} to start`, () => this.#said(name, 'up', since), 60_000);
  }

  async pod(name: string): Promise<Pod | null> {
    const { status, body } = await this.#server.request('admin', 'GET', this.#path(`pods/${name}`));
    return status === 200 ? (body as Pod) : null;
  }

  /** The id of its container, as its runtime has it. */
  async containerOf(name: string): Promise<string> {
    const id = (await this.pod(name))?.status?.containerStatuses?.[0]?.containerID ?? '';
    return id.slice(id.lastIndexOf('/') + 1);
  }

  /** Deletes the pod's object; the kubelet ends its processes. Returns when that was. */
  async remove(name: string, options: { readonly graceSeconds: number }): Promise<number> {
    const at = machineNow();
    const grace = { gracePeriodSeconds: options.graceSeconds };
    const body = { kind: 'DeleteOptions', apiVersion: 'v1', ...grace };
    await this.#server.request('admin', 'DELETE', this.#path(`pods/${name}`), body);
    this.#pods.delete(name);
    return at;
  }

  async evict(name: string): Promise<number> {
    const at = machineNow();
    const metadata = { name, namespace: this.#namespace };
    const body = { kind: 'Eviction', apiVersion: 'policy/v1', metadata };
    const path = this.#path(`pods/${name}/eviction`);
    const { status } = await this.#server.request('admin', 'POST', path, body);
    if (status !== 201) throw new Error(`The eviction of ${name} was answered with ${status}`);
    this.#pods.delete(name);
    return at;
  }

  /** Neither its object nor a process of it is left. */
  async gone(name: string): Promise<void> {
    const look = async (): Promise<true | undefined> =>
      (await this.pod(name)) === null && this.processesOf(name).length === 0 ? true : undefined;
    await this.waitFor(`the end of ${name}`, look, 60_000);
  }

  /** The lock says by which process it is held, and that this is one of that pod. */
  async offers(name: string): Promise<void> {
    const path = `/apis/coordination.k8s.io/v1/namespaces/${this.#namespace}/leases/${this.#settings.lock}`;
    const look = async (): Promise<true | undefined> => {
      const { body } = await this.#server.request('admin', 'GET', path);
      const { metadata } = body as { metadata: { annotations?: Record<string, string> } };
      const texts = Object.values(metadata.annotations ?? {});
      // Young processes prove nothing: their beginning may be dated as the end before was.
      return texts.some((text) => text.includes(name)) && this.#age(name) > YOUNG_MS
        ? true
        : undefined;
    };
    await this.waitFor(`${name} to say who it is`, look, 30_000);
  }

  /** By the environment that the kubelet gave them, on this machine's own list. */
  processesOf(name: string, program = ''): number[] {
    const mark = `KLE_POD=${this.#node.name}/${this.#namespace}/${name}`;
    return readdirSync('/proc')
      .filter((entry) => {
        if (!/^\d+$/.test(entry)) return false;
        try {
          return (
            readFileSync(`/proc/${entry}/environ`, 'utf8').split('\0').includes(mark) &&
            (program === '' || argumentsOf(entry)[1]?.includes(program) === true)
          );
        } catch {
          return false;
        }
      })
      .map(Number);
  }

  /** Resolves when the kubelet has started its container anew, after that. */
  async startedAgain(name: string, since: number): Promise<void> {
    await this.waitFor(`${name} to start again`, () => this.#said(name, 'up', since), 60_000);
  }

  /** Resolves with when the processes of the pod have ended that work now. */
  async ended(name: string): Promise<number> {
    const pids = this.processesOf(name, this.candidate.worker);
    const look = (): true | undefined =>
      pids.every((pid) => !this.processesOf(name).includes(pid)) ? true : undefined;
    await this.waitFor(`a process of ${name} to end`, look, 30_000);
    return machineNow();
  }

  /** Sends it to all processes of the pod, or to that which works, from outside. Returns when that was. */
  signal(name: string, signal: NodeJS.Signals, to: 'all' | 'worker' = 'all'): number {
    const pids = this.processesOf(name, to === 'worker' ? this.candidate.worker : '');
    if (pids.length === 0) throw new Error(`${name} has no process`);
    return this.signalThese(pids, signal);
  }

  /** The same for these processes. */
  signalThese(pids: readonly number[], signal: NodeJS.Signals): number {
    const at = machineNow();
    for (const pid of pids) {
      try {
        process.kill(pid, signal);
      } catch (error) {
        // The end of the first process of a container is the end of the others.
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
    return at;
  }

  /** From now on its liveness probe fails, until it is started again. */
  fallIll(name: string): void {
    writeFileSync(join(this.#control, name), '');
  }

  recover(name: string): void {
    rmSync(join(this.#control, name), { force: true });
  }

  reports(): PodReport[] {
    return readdirSync(this.#reports).flatMap((file) =>
      readFileSync(join(this.#reports, file), 'utf8')
        .split('\n')
        // The last line may not have been written to its end.
        .filter((line) => line.endsWith('}'))
        .map((line) => JSON.parse(line) as PodReport),
    );
  }

  reigns(): Reign[] {
    return reignsIn(this.reports());
  }

  /** Every moment at which two processes said that they lead. */
  overlaps(): string[] {
    return overlapsOf(this.reigns()).map(
      ({ first, second, ms }) => `${first.who} and ${second.who} led at once for ${ms} ms`,
    );
  }

  /** The pod that leads now, by its own last word. */
  async leader(withinMs = 30_000): Promise<string> {
    const find = (): string | undefined => {
      const last = this.reigns().at(-1);
      return last !== undefined && machineNow() - last.to < 500 ? podOf(last) : undefined;
    };
    return this.waitFor('a leader', find, withinMs);
  }

  /** When the first term has begun after that. */
  async nextTerm(since: number, withinMs = 30_000): Promise<number> {
    const find = () => this.reigns().find(({ from }) => from > since);
    return (await this.waitFor('the next leader', find, withinMs)).from;
  }

  async waitFor<T>(
    what: string,
    look: () => T | undefined | Promise<T | undefined>,
    withinMs: number,
  ): Promise<T> {
    const until = machineNow() + withinMs;
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      if (machineNow() > until) {
        const last = this.reports()
          .filter(({ event }) => event !== 'stillLeads')
          .slice(-20);
        const told = last.map((one) => JSON.stringify(one)).join('\n');
        throw new Error(`Waited ${withinMs} ms for ${what}. The last reports:\n${told}`);
      }
      await delay(LOOK_MS);
    }
  }

  /** Ends all that is left, at once. */
  async close(): Promise<void> {
    const body = { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 };
    await this.#server.request('admin', 'DELETE', this.#path('pods'), body);
  }

  #said(pod: string, event: PodReport['event'], since: number): PodReport | undefined {
    return this.reports().find((one) => one.pod === pod && one.event === event && one.at > since);
  }

  #latest(pod: string): PodReport | undefined {
    return this.reports().findLast((one) => one.pod === pod && one.event === 'up');
  }

  #age(pod: string): number {
    return machineNow() - (this.#latest(pod)?.at ?? 0);
  }

  async #make(resource: string, object: object): Promise<void> {
    const body = { apiVersion: 'v1', ...object };
    const answer = await this.#server.request('admin', 'POST', this.#path(resource), body);
    if (answer.status !== 201) throw new Error(`${resource}: ${JSON.stringify(answer.body)}`);
  }

  #path(rest: string): string {
    return `/api/v1/namespaces/${this.#namespace}/${rest}`;
  }

  #podNamed(name: string, changes: PodChanges): object {
    const { hostname, port } = new URL(this.#server.url);
    const own = (fieldPath: string) => ({ valueFrom: { fieldRef: { fieldPath } } });
    const programs = this.candidate.folders.map((path, index) => [`programs-${index}`, path]);
    const folders = {
      usr: '/usr',
      reports: this.#reports,
      control: this.#control,
      ...(Object.fromEntries(programs) as Record<string, string>),
    };
    const inside = { ...folders, reports: '/reports', control: '/control' };
    return {
      kind: 'Pod',
      metadata: { name },
      spec: {
        nodeName: this.#node.name,
        // There is no network of pods here, and nothing that the node has to be ready for.
        hostNetwork: true,
        tolerations: [{ operator: 'Exists' }],
        restartPolicy: 'Always',
        terminationGracePeriodSeconds: 10,
        enableServiceLinks: false,
        serviceAccountName: 'default',
        containers: [
          {
            name: 'main',
            image: IMAGES.host,
            imagePullPolicy: 'Never',
            command: this.candidate.command(this.#settings),
            env: [
              { name: 'POD_NAME', ...own('metadata.name') },
              { name: 'KLE_POD', value: `${this.#node.name}/${this.#namespace}/${name}` },
              { name: 'KUBERNETES_SERVICE_HOST', value: hostname },
              { name: 'KUBERNETES_SERVICE_PORT', value: port },
            ],
            ...(changes.memory === undefined
              ? {}
              : { resources: { limits: { memory: changes.memory } } }),
            ...(changes.livenessProbe === undefined
              ? {}
              : { livenessProbe: changes.livenessProbe }),
            volumeMounts: [
              ...Object.entries(inside).map(([volume, mountPath]) => ({
                name: volume,
                mountPath,
                readOnly: volume !== 'reports',
              })),
              { name: 'account', mountPath: ACCOUNT_PATH, readOnly: true },
            ],
          },
        ],
        volumes: [
          ...Object.entries(folders).map(([volume, path]) => ({
            name: volume,
            hostPath: { path },
          })),
          {
            name: 'account',
            projected: {
              sources: [
                { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } },
                {
                  configMap: {
                    name: 'kube-root-ca.crt',
                    items: [{ key: 'ca.crt', path: 'ca.crt' }],
                  },
                },
                {
                  downwardAPI: {
                    items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }],
                  },
                },
              ],
            },
          },
        ],
      },
    };
  }
}

function argumentsOf(pid: string): string[] {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
}

function podOf({ who }: Reign): string {
  return who.slice(0, who.indexOf('@'));
}
