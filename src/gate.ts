export {
  fenced,
  FENCING_ANNOTATION,
  type FencedContent,
  type FencedObject,
  type FencedReference,
} from './gate/fenced.js';
export { gate, type GateableKubeConfig, type GateOptions } from './gate/gate.js';
