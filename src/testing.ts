export type { AccessMatch } from './testing/apiserver/access.js';
export type {
  KubernetesObject,
  ManagedFieldsEntry,
  ObjectMeta,
} from './testing/apiserver/objects.js';
export type {
  TestCandidate,
  TestCandidateState,
  TestService,
} from './testing/cluster/candidate.js';
export {
  type ApiCandidateWorld,
  type ApiServerTestCluster,
  startTestCluster,
  type StartTestClusterOptions,
} from './testing/cluster/api-server-cluster.js';
export {
  type CandidateWorld,
  createTestCluster,
  type InMemoryTestCluster,
  type TestClusterOptions,
} from './testing/cluster/in-memory-cluster.js';
export type { Sleep } from './testing/cluster/sleep.js';
export type { TestTerm } from './testing/cluster/term-log.js';
export type { TestCluster } from './testing/cluster/test-cluster.js';
export { dateClock } from './testing/date-clock.js';
export {
  type ElectionPath,
  electionPaths,
  type ElectionPathsOptions,
} from './testing/election-paths/election-paths.js';
export type { WalkedService } from './testing/election-paths/walk.js';
export {
  type EmbeddedApiServer,
  type EmbeddedApiServerOptions,
  startEmbeddedApiServer,
} from './testing/embedded-api-server.js';
export type {
  EmbeddedStore,
  ObjectReference,
  ObjectToPut,
  ResourceName,
} from './testing/embedded-store.js';
export type { Fault, FaultMatch, FaultRule, FaultRules } from './testing/faults.js';
export { InMemoryLock, InMemoryLockStore } from './testing/in-memory-lock.js';
export type { KubeConfigObject, KubeConfigOptions } from './testing/kube-config.js';
export {
  type ResourceLockTests,
  type ResourceLockToTest,
  testResourceLock,
  type TestedMethod,
} from './testing/lock-conformance/test-resource-lock.js';
export type { LoggedRequest } from './testing/request-log.js';
export { VirtualClock } from './testing/virtual-clock.js';
export type { WatchMatch, WatchStreams } from './testing/watch-streams.js';
