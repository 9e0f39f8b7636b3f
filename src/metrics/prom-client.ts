import * as prom from 'prom-client';
import { Problems } from '../validation/validate.js';
import { combinations, type Observed, type Sink } from './feed.js';
import { type Counter, type Histogram, INSTRUMENTS } from './instruments.js';
import { checkCall, madeOf, Roster, type Target } from './roster.js';

export interface PrometheusOptions {
  /** Where the metrics are registered. Default: `register` of `prom-client`, the one for all. */
  readonly register?: prom.Registry | undefined;
  /**
   * The label `name` of this election's metrics. Default: the name of its lock. Needed where one
   * process has elections for locks of the same name in several namespaces.
   */
  readonly name?: string | undefined;
}

/**
 * Shows an election in a registry of `prom-client`, from now on: what it has counted before is not
 * known. A registry takes as many elections as there are.
 *
 * Gauges are read when they are scraped, at no other time. An election that was stopped is not told of
 * until it is run again.
 *
 * @returns what takes the election out of the registry again; with the last one the metrics go, too
 * @throws {ConfigError} if the registry has an election of this name that is not over, or a metric of
 * the same name
 */
export function registerMetrics(election: Observed, options: PrometheusOptions = {}): () => void {
  const name = checkCall(election, options, TARGET);
  const { register = prom.register } = options;
  const registered = madeOf(TARGET, register, () => registeredIn(register));
  const remove = registered.roster.add(election, name, registered.sinkOf(name));
  return () => {
    remove();
    if (!registered.roster.isEmpty) return;
    for (const { name: metric } of INSTRUMENTS) {
      if (registered.has(metric)) register.removeSingleMetric(metric);
    }
    if (known.get(register) === registered) known.delete(register);
  };
}

const TARGET: Target = {
  option: 'register',
  what: 'a Registry of prom-client',
  methods: ['registerMetric', 'getSingleMetric', 'removeSingleMetric'],
};

const known = new WeakMap<prom.Registry, Registered>();

/** Our metrics in this registry, which are made for the first election. */
function registeredIn(register: prom.Registry): Registered {
  const before = known.get(register);
  // Somebody may have cleared the registry meanwhile, as tests do.
  if (before !== undefined && INSTRUMENTS.every(({ name }) => before.has(name))) return before;
  const problems = new Problems('registerMetrics()');
  for (const { name } of INSTRUMENTS) {
    if (register.getSingleMetric(name) === undefined) continue;
    problems.addHidden('register', `has a metric ${name} of somebody else already`, register);
  }
  problems.throwIfAny();
  const registered = new Registered(register);
  known.set(register, registered);
  return registered;
}

/** The metrics of one registry, and the elections that they tell of. */
class Registered {
  readonly roster = new Roster();
  readonly #register: prom.Registry;
  readonly #metrics = new Map<string, prom.Metric>();
  readonly #counters = new Map<Counter, prom.Counter>();
  readonly #histograms = new Map<Histogram, prom.Histogram>();

  constructor(register: prom.Registry) {
    this.#register = register;
    for (const instrument of INSTRUMENTS)
      this.#metrics.set(instrument.name, this.#make(instrument));
  }

  /** Whether this metric of ours is in the registry still. */
  has(name: string): boolean {
    return this.#register.getSingleMetric(name) === this.#metrics.get(name);
  }

  sinkOf(name: string): Sink {
    const counters = this.#counters;
    const histograms = this.#histograms;
    return {
      count: (counter, labels, by) => counters.get(counter)?.inc({ name, ...labels }, by),
      observe: (histogram, seconds) => {
        const metric = histograms.get(histogram);
        if (seconds === null) metric?.zero({ name });
        else metric?.observe({ name }, seconds);
      },
      withdraw: () => {
        for (const [counter, metric] of counters) {
          for (const labels of combinations(counter)) metric.remove({ name, ...labels });
        }
        for (const metric of histograms.values()) metric.remove({ name });
      },
    };
  }

  #make(instrument: (typeof INSTRUMENTS)[number]): prom.Metric {
    const { name, help } = instrument;
    const common = { name, help, registers: [this.#register] };
    switch (instrument.kind) {
      case 'gauge': {
        const { roster } = this;
        return new prom.Gauge({
          ...common,
          labelNames: ['name'],
          collect() {
            this.reset();
            for (const [name, value] of roster.read(instrument)) this.set({ name }, value);
          },
        });
      }
      case 'counter': {
        const labelNames = ['name', ...Object.keys(instrument.labels)];
        const counter = new prom.Counter({ ...common, labelNames });
        this.#counters.set(instrument, counter);
        return counter;
      }
      case 'histogram': {
        const buckets = [...instrument.buckets];
        const histogram = new prom.Histogram({ ...common, labelNames: ['name'], buckets });
        this.#histograms.set(instrument, histogram);
        return histogram;
      }
    }
  }
}
