import * as api from '@opentelemetry/api';
import { VERSION } from '../kubernetes/version.js';
import type { Observed, Sink } from './feed.js';
import { type Counter, type Gauge, type Histogram, INSTRUMENTS } from './instruments.js';
import { checkCall, Roster } from './roster.js';

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
 * Gauges are read when they are collected, at no other time. An election that was stopped is not told of
 * until it is run again; what it has counted stays with the SDK.
 *
 * @returns what lets go of the election again
 * @throws {ConfigError} if the meter has an election of this name already
 */
export function registerMetrics(
  election: Observed,
  options: OpenTelemetryOptions = {},
): () => void {
  const name = checkCall(election, options, {
    option: 'meter',
    what: 'a Meter of OpenTelemetry',
    methods: ['createCounter', 'createHistogram', 'createObservableGauge'],
  });
  const { meter = api.metrics.getMeter('k8s-leader-election', VERSION) } = options;
  let instruments = known.get(meter);
  if (instruments === undefined) known.set(meter, (instruments = new Instruments(meter)));
  return instruments.add(election, name);
}

const known = new WeakMap<api.Meter, Instruments>();

/** The instruments of one meter, and the elections that they tell of. */
class Instruments {
  readonly #roster = new Roster();
  readonly #counters = new Map<Counter, api.Counter>();
  readonly #histograms = new Map<Histogram, api.Histogram>();
  readonly #gauges = new Map<api.ObservableGauge, api.ObservableCallback>();

  constructor(meter: api.Meter) {
    for (const instrument of INSTRUMENTS) this.#make(meter, instrument);
  }

  add(election: Observed, name: string): () => void {
    const isFirst = this.#roster.isEmpty;
    const remove = this.#roster.add(election, name, this.#sinkOf(name));
    if (isFirst) for (const [gauge, read] of this.#gauges) gauge.addCallback(read);
    return () => {
      remove();
      if (!this.#roster.isEmpty) return;
      for (const [gauge, read] of this.#gauges) gauge.removeCallback(read);
    };
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

  #make(meter: api.Meter, instrument: (typeof INSTRUMENTS)[number]): void {
    const { name, help: description } = instrument;
    switch (instrument.kind) {
      case 'gauge': {
        const unit = unitOf(instrument);
        const gauge = meter.createObservableGauge(name, { description, ...unit });
        this.#gauges.set(gauge, (result) => {
          for (const [name, value] of this.#roster.read(instrument)) {
            result.observe(value, { name });
          }
        });
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
