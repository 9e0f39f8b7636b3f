export type { AccessMatch } from './testing/apiserver/access.js';
export type {
  KubernetesObject,
  ManagedFieldsEntry,
  ObjectMeta,
} from './testing/apiserver/objects.js';
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
export type { WatchStreams } from './testing/watch-streams.js';
