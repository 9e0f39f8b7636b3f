import * as api from '@opentelemetry/api';
import { VERSION } from '../kubernetes/version.js';
import type { Observed, Sink } from './feed.js';
import { type Counter, type Gauge, type Histogram, INSTRUMENTS } from './instruments.js';
import { checkCall, madeOf, Roster, type Target } from './roster.js';

export interface OpenTelemetryOptions {
  /** What the instruments are made with. Default: a meter of the global provider. */
  readonly meter?: api.Meter | undefined;
  /**
   * The attribute `name` of this election's metrics. Default: the name of its lock. Needed where one
   * process has elections for locks of the same name in several namespaces.
   */
  readonly name?: string | undefined;
}

/**
 * Tells OpenTelemetry of an election, from now on, by instruments with the names that they have in
 * Prometheus. Without a meter of its own, call it when the provider of your SDK is in place.
 *
 * Gauges are read when they are collected, at no other time. A series that has begun does not end with
 * the SDK: where there is nothing to tell any more, it says NaN, or 0 of whether somebody leads.
 *
 * @returns what lets go of the election again
 * @throws {ConfigError} if the meter has an election of this name that is not over
 */
export function registerMetrics(
  election: Observed,
  options: OpenTelemetryOptions = {},
): () => void {
  const name = checkCall(election, options, TARGET);
  const { meter = api.metrics.getMeter('k8s-leader-election', VERSION) } = options;
  const instruments = known.get(meter) ?? madeOf(TARGET, meter, () => new Instruments(meter));
  known.set(meter, instruments);
  return instruments.add(election, name);
}

const TARGET: Target = {
  option: 'meter',
  what: 'a Meter of OpenTelemetry',
  methods: ['createCounter', 'createHistogram', 'createObservableGauge'],
};

/** Names for which a gauge is told: as many series as the SDK keeps of one instrument. */
const MOST_TOLD = 2000;

const known = new WeakMap<api.Meter, Instruments>();

/** The instruments of one meter, and the elections that they tell of. */
class Instruments {
  readonly #roster = new Roster();
  readonly #counters = new Map<Counter, api.Counter>();
  readonly #histograms = new Map<Histogram, api.Histogram>();

  constructor(meter: api.Meter) {
    for (const instrument of INSTRUMENTS) this.#make(meter, instrument);
  }

  add(election: Observed, name: string): () => void {
    return this.#roster.add(election, name, this.#sinkOf(name));
  }

  #sinkOf(name: string): Sink {
    return {
      count: (counter, labels, by) => this.#counters.get(counter)?.add(by, { name, ...labels }),
      observe: (histogram, seconds) => {
        // Here no histogram is shown before there is something in it.
        if (seconds !== null) this.#histograms.get(histogram)?.record(seconds, { name });
      },
      // What was counted cannot be taken back.
      withdraw: () => undefined,
    };
  }

  /** What the SDK was told once it repeats until it is told something else. */
  #reader(gauge: Gauge): api.ObservableCallback {
    const told = new Set<string>();
    return (result) => {
      const values = new Map(this.#roster.read(gauge));
      for (const name of values.keys()) told.add(name);
      // Programs may make elections without end: of the first of those that are over nothing is told.
      for (const name of [...told].slice(0, -MOST_TOLD)) if (!values.has(name)) told.delete(name);
      for (const name of told) {
        result.observe(values.get(name) ?? gauge.otherwise ?? Number.NaN, { name });
      }
    };
  }

  #make(meter: api.Meter, instrument: (typeof INSTRUMENTS)[number]): void {
    const { name, help: description } = instrument;
    switch (instrument.kind) {
      case 'gauge': {
        const unit = unitOf(instrument);
        meter
          .createObservableGauge(name, { description, ...unit })
          .addCallback(this.#reader(instrument));
        break;
      }
      case 'counter':
        this.#counters.set(instrument, meter.createCounter(name, { description }));
        break;
      case 'histogram': {
        const advice = { explicitBucketBoundaries: [...instrument.buckets] };
        const histogram = meter.createHistogram(name, { description, unit: 's', advice });
        this.#histograms.set(instrument, histogram);
        break;
      }
    }
  }
}

function unitOf({ name }: Gauge): { readonly unit?: string } {
  return name.endsWith('_seconds') ? { unit: 's' } : {};
}
