import { CLASS_NAME, LeaderElectionError } from './leader-election-error.js';

/** Work that only a leader may do was asked for by a candidate that does not lead (any more). */
export class NotLeaderError extends LeaderElectionError {
  /** @internal */
  static override readonly [CLASS_NAME] = 'NotLeaderError';
  override readonly name: string = 'NotLeaderError';
  readonly code = 'ERR_NOT_LEADER';
}
