import { setTimeout as delay } from 'node:timers/promises';
import { Registry } from 'prom-client';
import type { KubeConfigLike } from '../../../src/index.js';
import { LeaderElection, LeaseLock } from '../../../src/index.js';
import { registerMetrics } from '../../../src/prometheus.js';

/** Short, so that what takes a lease duration is over soon; above the 5 s of the alert. */
const TIMINGS = { leaseDurationSeconds: 6, renewDeadlineSeconds: 4, retryPeriodSeconds: 1 };

export const NAME = 'data-processor';
const INTERVAL_MS = 1000;

/** One process of a fleet, with a registry of its own, as Prometheus finds it. */
export class Pod {
  readonly name: string;
  readonly election: LeaderElection;
  readonly registry = new Registry();
  readonly ended: Promise<unknown>;
  isGone = false;

  constructor(name: string, kubeConfig: KubeConfigLike) {
    this.name = name;
    this.election = new LeaderElection({
      lock: new LeaseLock({ name: NAME, namespace: 'default', identity: name, kubeConfig }),
      ...TIMINGS,
      logger: false,
      onStartedLeading: null,
    });
    registerMetrics(this.election, { register: this.registry });
    this.ended = this.election.run().catch(() => undefined);
  }

  /** Dies as by SIGKILL: it renews nothing any more and releases nothing, and is not scraped. */
  crash(): void {
    this.election.actor.stop();
    this.isGone = true;
  }

  async stop(): Promise<void> {
    await this.election.stop();
    this.isGone = true;
  }
}

/** The series of a fleet as Prometheus keeps them: by their names and labels, a sample a second. */
export class Recording {
  readonly pods: Pod[] = [];
  readonly #series = new Map<string, Map<number, number>>();
  #length = 0;

  get length(): number {
    return this.#length;
  }

  async record(seconds: number): Promise<void> {
    for (let i = 0; i < seconds; i += 1) {
      await Promise.all(this.pods.filter(({ isGone }) => !isGone).map((pod) => this.#scrape(pod)));
      this.#length += 1;
      await delay(INTERVAL_MS);
    }
  }

  async #scrape({ name: pod, registry }: Pod): Promise<void> {
    const at = this.#length;
    for (const metric of await registry.getMetricsAsJSON()) {
      for (const { labels, value, ...rest } of metric.values) {
        const { metricName = metric.name } = rest as { metricName?: string };
        const all = Object.entries({ namespace: 'shop', pod, ...labels });
        const key = `${metricName}{${all.map(([name, text]) => `${name}="${text}"`).join(',')}}`;
        const samples = this.#series.get(key) ?? new Map<number, number>();
        this.#series.set(key, samples.set(at, value));
      }
    }
  }

  /** How many say at each second that they lead. */
  get leaders(): number[] {
    const counts = Array.from({ length: this.#length }, () => 0);
    for (const [key, samples] of this.#series) {
      if (!key.startsWith('leader_election_master_status{')) continue;
      for (const [at, value] of samples) counts[at] = (counts[at] ?? 0) + value;
    }
    return counts;
  }

  /** As `promtool test rules` takes them. A series that ends is marked as stale. */
  get inputSeries(): { readonly series: string; readonly values: string }[] {
    return [...this.#series].map(([series, samples]) => {
      const values = Array.from({ length: this.#length }, (_, at) => {
        const value = samples.get(at);
        if (value !== undefined) return String(value);
        return samples.has(at - 1) ? 'stale' : '_';
      });
      return { series, values: values.join(' ') };
    });
  }
}
