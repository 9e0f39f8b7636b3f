export type { AttachOptions, Inspectable } from './inspect/attachments.js';
export {
  connectInspector,
  type ConnectInspectorOptions,
  type InspectorConnection,
} from './inspect/connect-inspector.js';
export {
  inspectElection,
  type Inspector,
  type InspectorOptions,
  type ReportOptions,
  startInspector,
} from './inspect/inspector.js';
export type { CandidateInfo } from './inspect/wire.js';
export { connectStately, type StatelyConnection, type StatelyOptions } from './inspect/stately.js';
