import { elapsedForHolder } from '../time/clock.js';
import { checkOptions, optional, seconds, type OptionTable } from '../validation/rules.js';
import { Problems } from '../validation/validate.js';
import type { Snapshot } from './candidacy.js';
import { stateName } from './states.js';

/** What `health()` tolerates. */
export interface HealthOptions {
  /**
   * How long ago the lease of a term may have run out while its work has not ended. It is what
   * client-go's `HealthzAdaptor` takes; kube-controller-manager gives that 20 s, too.
   *
   * @defaultValue `20`
   * @remarks Long: work that ignores its signal runs beside the next leader for so much longer.
   */
  readonly graceSeconds?: number | undefined;

  /**
   * How long a candidate may hear nothing from the API server.
   *
   * @defaultValue `300`
   * @remarks Short: where the API server is down for longer, all pods are restarted, which mends
   * nothing.
   */
  readonly silenceSeconds?: number | undefined;
}

/**
 * What `health()` finds wrong.
 *
 * - `overrun`: the lease of a term has run out, and its work has not ended: it may run beside another
 *   leader
 * - `cutOff`: a candidate has not heard from the API server for a long time, and could not take over
 */
export type HealthProblem = 'overrun' | 'cutOff';

/** What `health()` answers. */
export interface Health {
  readonly ok: boolean;
  /** Null when all is well. */
  readonly reason: HealthProblem | null;
  /** A sentence for people. Holds no secret. */
  readonly message: string;
}

export const HEALTH_OPTIONS = {
  graceSeconds: optional(seconds({ min: 0 }), 20),
  silenceSeconds: optional(seconds({ min: 1 }), 300),
} satisfies OptionTable<HealthOptions>;

/**
 * How the candidate is, by the clock.
 *
 * @param sinceMs when it was started, in monotonic milliseconds; null: it has not been
 * @throws {ConfigError} naming every option that breaks a rule
 */
export function healthOf(
  { value, context, tags }: Pick<Snapshot, 'value' | 'context' | 'tags'>,
  sinceMs: number | null,
  options: HealthOptions,
): Health {
  const problems = new Problems('health()');
  checkOptions<HealthOptions>(problems, options, HEALTH_OPTIONS);
  problems.throwIfAny();
  const {
    graceSeconds = HEALTH_OPTIONS.graceSeconds.byDefault,
    silenceSeconds = HEALTH_OPTIONS.silenceSeconds.byDefault,
  } = options;
  const { config, lease, term, observation } = context;
  const now = config.clock.now();
  const hasEnded = !tags.has('leader') && term?.workFinished !== false;
  if (lease !== null && !hasEnded) {
    const leaseMs = lease.record.leaseDurationSeconds * 1000;
    const expiredMs = elapsedForHolder(lease.validFrom, now) - leaseMs;
    if (expiredMs > graceSeconds * 1000) {
      const message = `The lease ran out ${inSeconds(expiredMs)} ago, and the work of its term has not ended.`;
      return { ok: false, reason: 'overrun', message };
    }
  }
  const state = stateName(value);
  if (sinceMs !== null && state === 'acquiring') {
    const silentMs = now.monotonicMs - Math.max(sinceMs, observation?.heardAtMs ?? -Infinity);
    if (silentMs > silenceSeconds * 1000) {
      const message = `The API server has not told how the lock stands for ${inSeconds(silentMs)}.`;
      return { ok: false, reason: 'cutOff', message };
    }
  }
  return { ok: true, reason: null, message: `All is well; state: ${state}.` };
}

function inSeconds(ms: number): string {
  return `${Math.floor(ms / 1000)} s`;
}
