export {
  leaderElectionMachine,
  makeLeaderElectionMachine,
  type LeaderElectionActor,
  type LeaderElectionMachine,
} from '../machines/leader-election.js';
export type {
  CallbackFailed,
  CallbackName,
  ElectionContext,
  ElectionEmitted,
  ElectionEvent,
  ElectionNews,
  ElectionState,
  HeldLease,
  SentWrite,
} from '../machines/types.js';
export { stateName } from './election/states.js';
export { decide, observe, type Decision, type Observation } from './lock/decide.js';
