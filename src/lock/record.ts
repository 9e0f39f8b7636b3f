import { Problems } from '../validation/validate.js';

/** The fields of a {@link LeaderElectionRecord}. */
export interface LeaderElectionRecordFields {
  /** Who holds the lock; empty when it was released. */
  readonly holderIdentity: string;
  /** How long followers wait after the last change they saw, in seconds. */
  readonly leaseDurationSeconds: number;
  /** When the present term began, ISO 8601. Empty where the stored record has none. */
  readonly acquireTime: string;
  /** When the holder last renewed, ISO 8601. Empty where the stored record has none. */
  readonly renewTime: string;
  /** How often the holder has changed. */
  readonly leaderTransitions?: number;
}

/**
 * The state of an election as it stands in the Lease or ConfigMap, whatever the object's own names
 * for its fields are. Times are text because they are only shown and compared for change: the
 * election never compares another machine's clock with its own.
 */
export class LeaderElectionRecord implements LeaderElectionRecordFields {
  readonly holderIdentity: string;
  readonly leaseDurationSeconds: number;
  readonly acquireTime: string;
  readonly renewTime: string;
  readonly leaderTransitions: number;

  /** @throws ConfigError for anything but an object with these names, such as values in a row */
  constructor(fields: LeaderElectionRecordFields) {
    requireObject('LeaderElectionRecord', 'fields', fields, `new LeaderElectionRecord(${FORM})`);
    this.holderIdentity = fields.holderIdentity;
    this.leaseDurationSeconds = fields.leaseDurationSeconds;
    this.acquireTime = fields.acquireTime;
    this.renewTime = fields.renewTime;
    this.leaderTransitions = fields.leaderTransitions ?? 0;
  }

  /** True when nobody holds the lock. Missing times do not make a held lock free. */
  get isReleased(): boolean {
    return this.holderIdentity === '';
  }

  equals(other: Required<LeaderElectionRecordFields>): boolean {
    return (
      this.holderIdentity === other.holderIdentity &&
      this.leaseDurationSeconds === other.leaseDurationSeconds &&
      this.acquireTime === other.acquireTime &&
      this.renewTime === other.renewTime &&
      this.leaderTransitions === other.leaderTransitions
    );
  }
}

const FORM = '{ holderIdentity, leaseDurationSeconds, acquireTime, renewTime, leaderTransitions }';

/**
 * Refuses a call of a lock that writes, but is not given a record.
 *
 * @throws ConfigError that shows how it is called
 */
export function requireRecord(subject: string, method: string, record: unknown): void {
  const form = `${method}(new LeaderElectionRecord(${FORM}))`;
  requireObject(`${subject}.${method}()`, 'record', record, form);
}

function requireObject(subject: string, field: string, value: unknown, form: string): void {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return;
  const problems = new Problems(subject);
  problems.add(field, `must be an object, as in ${form}`, value);
  problems.throwIfAny();
}
