export { machineNow } from '../../../src/cli/machine-time.js';

/**
 * What a candidate process says of itself, one JSON line each. `at` is the machine's monotonic
 * clock in milliseconds, which all processes share, so that reports can be laid side by side.
 */
export type Report = { readonly at: number; readonly who: string } & ReportBody;

export type ReportBody =
  | { readonly event: 'up' }
  /** Said by the test, of a process that could not say it. */
  | { readonly event: 'killed' }
  | { readonly event: 'state'; readonly state: string }
  | { readonly event: 'started'; readonly token: string }
  /** `sentAt`: just before the renewal was sent, on the same clock. */
  | { readonly event: 'renewed'; readonly sentAt: number }
  | { readonly event: 'signalAborted' }
  | { readonly event: 'stopped'; readonly reason: string }
  /** `isLeader()` began to answer true. */
  | { readonly event: 'leads' }
  /** `isLeader()` answers false; the last time it was asked and answered true was `lastTrue`. */
  | { readonly event: 'leadsNoMore'; readonly lastTrue: number }
  /**
   * The process did not run for `gapMs`: it was stopped, or its event loop blocked. The first
   * question after that was answered so, and the signal that the work had kept says so.
   */
  | {
      readonly event: 'ranAgain';
      readonly gapMs: number;
      readonly isLeader: boolean;
      readonly aborted: boolean;
    }
  | { readonly event: 'sees'; readonly leader: string }
  | { readonly event: 'failed'; readonly kind: string; readonly message: string }
  | { readonly event: 'ended'; readonly outcome: { reason: string; released: boolean } };

/** The settings of a candidate process, handed over as JSON in its argument. */
export interface CandidateSettings {
  readonly who: string;
  readonly kubeConfigPath: string;
  readonly kind: 'lease' | 'configmap';
  readonly name: string;
  readonly namespace: string;
  readonly leaseDurationSeconds: number;
  readonly renewDeadlineSeconds: number;
  readonly retryPeriodSeconds: number;
  readonly onLost?: 'return' | 'rejoin';
  readonly events?: boolean;
}

/** What a test can ask of a candidate process, by a message. */
export type Command =
  { readonly command: 'block'; readonly ms: number } | { readonly command: 'stop' };
