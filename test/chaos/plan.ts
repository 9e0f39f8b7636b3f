import type { NetworkFault } from './http-fault-proxy.js';

/** A fault that befalls one candidate of one lock. */
export type LocalFault =
  | { readonly what: 'network'; readonly fault: NetworkFault; readonly forMs: number }
  | { readonly what: 'pause'; readonly forMs: number }
  | { readonly what: 'block'; readonly forMs: number }
  | { readonly what: 'kill' }
  | { readonly what: 'stop' }
  | { readonly what: 'revoke'; readonly forMs: number };

/** A fault that befalls everybody. */
export type GlobalFault = 'killApiServer' | 'killEtcd';

export interface Timings {
  readonly leaseDurationSeconds: number;
  readonly renewDeadlineSeconds: number;
  readonly retryPeriodSeconds: number;
}

/** A small seeded generator, so that a run can be repeated with the same plan (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Every kind of local fault, in turn, so that none is left out; only its length is drawn. */
export function* localFaults(
  random: () => number,
  { leaseDurationSeconds }: Timings,
  isOwn: boolean,
): Generator<LocalFault, never> {
  // From shorter than the lease, which must do no harm, to well beyond it.
  const forMs = (): number => Math.round((0.3 + 1.7 * random()) * leaseDurationSeconds * 1000);
  const network = (fault: NetworkFault): LocalFault => ({ what: 'network', fault, forMs: forMs() });
  for (;;) {
    yield network({ kind: 'silence' });
    yield { what: 'kill' };
    yield { what: 'pause', forMs: forMs() };
    yield network({ kind: 'answersLost' });
    yield isOwn ? { what: 'block', forMs: forMs() } : { what: 'pause', forMs: forMs() };
    yield network({ kind: 'latency', ms: 500 + 3000 * random() });
    yield { what: 'stop' };
    yield network({ kind: 'reset' });
    yield network({ kind: 'statusAfterCommit', status: 500 });
    yield network({ kind: 'throttle', bytesPerSecond: 100 + 400 * random() });
    yield network({ kind: 'status', status: 429, retryAfterSeconds: 1 });
    yield { what: 'revoke', forMs: forMs() };
    yield network({ kind: 'resetAfterCommit' });
    yield network({ kind: 'status', status: 503 });
    yield network({ kind: 'badToken' });
    // Candidates of other libraries do not watch.
    if (!isOwn) continue;
    for (const how of ['mute', 'late', 'repeated', 'cut', 'refused'] as const) {
      yield network({ kind: 'watch', how });
      yield { what: 'kill' };
    }
  }
}

export function nameOf(fault: LocalFault): string {
  if (fault.what !== 'network') return fault.what;
  return fault.fault.kind === 'watch' ? `watch ${fault.fault.how}` : fault.fault.kind;
}
