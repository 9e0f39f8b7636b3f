export { LeaderElectionError } from './leader-election-error.js';
export { ConfigError, type ConfigProblem } from './config-error.js';
export {
  LockError,
  type LockErrorCode,
  type LockErrorDetails,
  type LockErrorKind,
} from './lock-error.js';
export { NotLeaderError } from './not-leader-error.js';
