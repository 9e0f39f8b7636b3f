import type { Instant } from '../../time/clock.js';
import type { LeaseTimes } from './lease-guard.js';

/* What passes over the pipe between `run` and its guard. Times are those of the machine. */

export type ToGuard =
  | {
      readonly type: 'start';
      readonly command: readonly string[];
      readonly env: Readonly<Record<string, string>>;
      readonly times: LeaseTimes;
      readonly graceMs: number;
      readonly validFrom: Instant;
    }
  /** A renewal that was sent then is stored. */
  | { readonly type: 'extend'; readonly validFrom: Instant }
  /** For the command, which may do with it what it likes. */
  | { readonly type: 'signal'; readonly signal: NodeJS.Signals }
  /** The command is to end: this signal, and SIGKILL when its time is up. */
  | { readonly type: 'stop'; readonly signal: NodeJS.Signals }
  | { readonly type: 'kill' };

export type FromGuard =
  | { readonly type: 'started'; readonly pid: number }
  | { readonly type: 'notStarted'; readonly code: string }
  | { readonly type: 'told'; readonly signal: NodeJS.Signals; readonly killInMs: number }
  | { readonly type: 'killed' }
  /** The command, and all that it had started in its process group, are gone. */
  | {
      readonly type: 'ended';
      readonly code: number | null;
      readonly signal: NodeJS.Signals | null;
    };
