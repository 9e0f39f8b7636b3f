export { LeaderElection } from './election/leader-election.js';
export type { RunOptions } from './election/run-options.js';
export type { Health, HealthOptions, HealthProblem } from './election/health.js';
export type {
  ElectionEventOf,
  ElectionEventType,
  ElectionListener,
  ElectionMessage,
} from './election/listeners.js';
export type { Logger } from './logging/logger.js';
export { messageFirst, type MessageFirstLogger } from './logging/message-first.js';
export type { KubeConfigLike } from './kubernetes/kube-config.js';
export type { Term } from './term/term.js';
export {
  type EndReason,
  JITTER_FACTOR,
  type LeaderElectionConfig,
  type Outcome,
} from './config/leader-election-config.js';
export {
  ConfigError,
  type ConfigProblem,
  LeaderElectionError,
  LockError,
  type LockErrorCode,
  type LockErrorDetails,
  type LockErrorKind,
  NotLeaderError,
} from './errors/index.js';
export type { KubernetesLockOptions } from './lock/lock-options.js';
export * from './lock/locks.js';
export { MultiLock } from './lock/multi-lock.js';
export { LeaderElectionRecord, type LeaderElectionRecordFields } from './lock/record.js';
export type {
  LockCallOptions,
  HolderDeath,
  LockEvent,
  LockNews,
  LockResult,
  LockSnapshot,
  LockUpdateOptions,
  LockWatch,
  LockWatcher,
  ResourceLock,
} from './lock/resource-lock.js';
export type { Clock, Instant } from './time/clock.js';
export type { ElectionNews, ElectionState } from '../machines/types.js';
