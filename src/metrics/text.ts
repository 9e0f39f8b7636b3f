import { Feed, type Observed, type Sink } from './feed.js';
import {
  type Counter,
  type Histogram,
  type Instrument,
  INSTRUMENTS,
  type Labels,
} from './instruments.js';

/** The text format of Prometheus, version 0.0.4. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** What has been measured: how many values, how many of them up to each limit, and their sum. */
interface Measured {
  readonly buckets: number[];
  count: number;
  sum: number;
}

/** A metric, and the lines of its samples. */
interface Metric {
  readonly name: string;
  readonly kind: Instrument['kind'];
  readonly help: string;
  readonly samples: readonly string[];
}

/** A metric without labels of its own, of the program that an election serves. */
export interface OwnMetric {
  readonly name: string;
  readonly kind: 'gauge' | 'counter';
  readonly help: string;
  readonly value: number;
}

/** The instruments of one election as text, where there is no `prom-client`. */
export class MetricsText implements Sink {
  readonly #name: string;
  readonly #feed: Feed;
  /** By the labels, as they are written. */
  readonly #counted = new Map<Counter, Map<string, number>>();
  readonly #measured = new Map<Histogram, Measured>();

  /** @param name the label `name` of all of them */
  constructor(election: Observed, name: string) {
    this.#name = name;
    this.#feed = new Feed(election, this);
  }

  /** What a scrape is answered. */
  text(own: readonly OwnMetric[] = []): string {
    const metrics = INSTRUMENTS.map((one) => ({ ...one, samples: this.#samples(one) }));
    const others = own.map((one) => ({
      ...one,
      samples: [`${one.name}${this.#labels({})} ${one.value}`],
    }));
    return [...metrics, ...others].map(written).join('');
  }

  count(counter: Counter, labels: Labels, by: number): void {
    const series = this.#counted.get(counter) ?? new Map<string, number>();
    const key = this.#labels(labels);
    this.#counted.set(counter, series.set(key, (series.get(key) ?? 0) + by));
  }

  observe(histogram: Histogram, seconds: number | null): void {
    const { buckets: limits } = histogram;
    const before = this.#measured.get(histogram);
    const measured = before ?? { buckets: limits.map(() => 0), count: 0, sum: 0 };
    this.#measured.set(histogram, measured);
    if (seconds === null) return;
    measured.count += 1;
    measured.sum += seconds;
    for (const [index, limit] of limits.entries()) {
      if (seconds <= limit) measured.buckets[index] = (measured.buckets[index] ?? 0) + 1;
    }
  }

  withdraw(): void {
    this.#counted.clear();
    this.#measured.clear();
  }

  #samples(instrument: Instrument): string[] {
    const { name, kind } = instrument;
    switch (kind) {
      case 'gauge': {
        const value = this.#feed.read(instrument);
        return value === null ? [] : [`${name}${this.#labels({})} ${value}`];
      }
      case 'counter': {
        const series = this.#counted.get(instrument) ?? new Map<string, number>();
        return [...series].map(([labels, value]) => `${name}${labels} ${value}`);
      }
      case 'histogram':
        return this.#samplesOf(instrument);
    }
  }

  #samplesOf(histogram: Histogram): string[] {
    const measured = this.#measured.get(histogram);
    if (measured === undefined) return [];
    const { name, buckets: limits } = histogram;
    const { buckets, count, sum } = measured;
    const bucket = (le: string, value: number): string =>
      `${name}_bucket${this.#labels({ le })} ${value}`;
    return [
      ...limits.map((limit, index) => bucket(String(limit), buckets[index] ?? 0)),
      bucket('+Inf', count),
      `${name}_sum${this.#labels({})} ${sum}`,
      `${name}_count${this.#labels({})} ${count}`,
    ];
  }

  #labels(labels: Labels): string {
    const all = Object.entries({ name: this.#name, ...labels });
    return `{${all.map(([label, value]) => `${label}="${escapeLabel(value)}"`).join(',')}}`;
  }
}

/** Nothing at all of a metric without samples. */
function written({ name, kind, help, samples }: Metric): string {
  if (samples.length === 0) return '';
  const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`, ...samples];
  return `${lines.join('\n')}\n`;
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
