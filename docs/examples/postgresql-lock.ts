/**
 * A lock that is a row in PostgreSQL, for candidates that share a database and no cluster.
 *
 *     PGHOST=127.0.0.1 PGUSER=app npx tsx docs/examples/postgresql-lock.ts nightly-report instance-1
 *
 * It has what an election asks of a lock: one statement compares the version and writes; versions grow
 * with each write, whoever makes it, and the row is never deleted; LISTEN tells of changes at once. It
 * needs PostgreSQL 14, one primary, and `synchronous_commit` as it is by default: an answered write that
 * is forgotten, in a crash or a failover to a replica that lags behind, is a lease that two may hold.
 */
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { Pool, type PoolClient } from 'pg';
import {
  LeaderElection,
  type LeaderElectionRecord,
  type LockCallOptions,
  LockError,
  type LockErrorKind,
  type LockResult,
  type LockSnapshot,
  type LockUpdateOptions,
  type LockWatch,
  type LockWatcher,
  type ResourceLock,
} from 'k8s-leader-election';

/** To be run once, by the owner. Candidates need SELECT, INSERT and UPDATE on the table. */
export const SCHEMA = `
  CREATE TABLE IF NOT EXISTS leader_locks (
    name    text   PRIMARY KEY,
    version bigint NOT NULL,
    record  jsonb  NOT NULL
  );
  CREATE OR REPLACE FUNCTION leader_locks_written() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF TG_OP IN ('DELETE', 'TRUNCATE') THEN
      RAISE EXCEPTION 'A lock stays: its versions, which are fencing tokens, would be used again';
    END IF;
    IF TG_OP = 'INSERT' THEN NEW.version := 1; ELSE NEW.version := OLD.version + 1; END IF;
    PERFORM pg_notify('leader_locks', NEW.name);
    RETURN NEW;
  END $$;
  CREATE OR REPLACE TRIGGER leader_locks_written BEFORE INSERT OR UPDATE OR DELETE ON leader_locks
    FOR EACH ROW EXECUTE FUNCTION leader_locks_written();
  CREATE OR REPLACE TRIGGER leader_locks_kept BEFORE TRUNCATE ON leader_locks
    EXECUTE FUNCTION leader_locks_written();
`;

const COLUMNS = 'version, record::text AS record';
const READ = `SELECT ${COLUMNS} FROM leader_locks WHERE name = $1`;
const INSERT = `INSERT INTO leader_locks (name, record) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`;
const UPDATE = `UPDATE leader_locks SET record = $2 WHERE name = $1 AND version = $3 RETURNING ${COLUMNS}`;

interface Row {
  readonly version: string;
  readonly record: string;
}

export interface PostgresqlLockOptions {
  /** One connection of it goes to the watch. Set its `connectionTimeoutMillis` and `statement_timeout`. */
  readonly pool: Pool;
  readonly name: string;
  readonly identity: string;
}

export class PostgresqlLock implements ResourceLock {
  readonly identity: string;
  readonly name: string;
  readonly #pool: Pool;

  constructor({ pool, name, identity }: PostgresqlLockOptions) {
    this.#pool = pool;
    this.name = name;
    this.identity = identity;
  }

  get description(): string {
    return `leader_locks/${this.name}`;
  }

  get({ signal }: LockCallOptions = {}): Promise<LockResult> {
    return this.#ask(READ, [this.name], 'notFound', signal);
  }

  create(record: LeaderElectionRecord, { signal }: LockCallOptions = {}): Promise<LockResult> {
    return this.#ask(INSERT, [this.name, JSON.stringify(record)], 'conflict', signal);
  }

  update(record: LeaderElectionRecord, options: LockUpdateOptions = {}): Promise<LockResult> {
    // The election always says what the write is based on. No row has the version 0.
    const values = [this.name, JSON.stringify(record), options.base?.version ?? '0'];
    return this.#ask(UPDATE, values, 'conflict', options.signal);
  }

  watch(watcher: LockWatcher): LockWatch {
    return new RowWatch(this.#pool, this.name, watcher);
  }

  async #ask(
    statement: string,
    values: readonly string[],
    ifNone: LockErrorKind,
    signal: AbortSignal | undefined,
  ): Promise<LockResult> {
    try {
      const row = await rowOf(this.#pool, statement, values, signal);
      if (row !== undefined) return { ok: true, ...snapshotOf(row) };
      const error = new LockError(`${this.description}: ${ifNone}`, { kind: ifNone });
      return { ok: false, error };
    } catch (error) {
      return { ok: false, error: lockError(this.description, error, signal) };
    }
  }
}

function snapshotOf({ version, record }: Row): LockSnapshot {
  const parsed = JSON.parse(record) as LeaderElectionRecord;
  return { record: parsed, unreadable: null, fingerprint: record, version, object: null };
}

/** One statement. When it is given up its connection is closed: what PostgreSQL does then is unknown. */
async function rowOf(
  pool: Pool,
  statement: string,
  values: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Row | undefined> {
  signal?.throwIfAborted();
  const connection = await pool.connect();
  let isReleased = false;
  const release = (isBroken: boolean): void => {
    if (!isReleased) connection.release(isBroken);
    isReleased = true;
  };
  const giveUp = (): void => release(true);
  // The statement fails by it, too. Without a listener it would end the process.
  connection.on('error', giveUp);
  signal?.addEventListener('abort', giveUp);
  try {
    // What was given up while it waited for a connection is not sent any more.
    signal?.throwIfAborted();
    return (await connection.query<Row>(statement, [...values])).rows[0];
  } finally {
    signal?.removeEventListener('abort', giveUp);
    connection.off('error', giveUp);
    release(false);
  }
}

/** Kinds that say that nothing was written are only for errors that say so. */
function lockError(what: string, cause: unknown, signal?: AbortSignal): LockError {
  const { code = '', message = '' } = cause as { code?: string; message?: string };
  const kinds: readonly [RegExp, LockErrorKind][] = [
    [/^42501$/, 'forbidden'],
    [/^28/, 'unauthorized'],
    // Another was first, where transactions are serializable by default.
    [/^40001$/, 'conflict'],
    [/^(22|23|25006|42|P0001)/, 'invalid'],
    [/^57014$/, 'timeout'],
  ];
  const kind = kinds.find(([pattern]) => pattern.test(code))?.[1] ?? 'network';
  return new LockError(`${what}: ${message}`, {
    kind: signal?.aborted === true ? 'aborted' : kind,
    cause,
  });
}

/** Listens on a connection of its own, and tells the whole row: no news is lost that comes late. */
class RowWatch implements LockWatch {
  readonly #pool: Pool;
  readonly #name: string;
  readonly #watcher: LockWatcher;
  #connection: PoolClient | null = null;
  #retry: unknown = null;
  #failures = 0;
  #isClosed = false;

  constructor(pool: Pool, name: string, watcher: LockWatcher) {
    this.#pool = pool;
    this.#name = name;
    this.#watcher = watcher;
    void this.#open();
  }

  doubt(): void {
    if (this.#connection === null) return;
    this.#drop();
    void this.#open();
  }

  close(): void {
    this.#isClosed = true;
    this.#watcher.clock.clearTimeout(this.#retry);
    this.#drop();
  }

  async #open(): Promise<void> {
    let connection: PoolClient | null = null;
    try {
      const opened = await this.#pool.connect();
      connection = opened;
      if (this.#isClosed) {
        opened.release();
        return;
      }
      this.#connection = opened;
      const lost = (error?: Error): void => {
        this.#lost(opened, error ?? new Error('the connection was closed'));
      };
      opened.on('error', lost).on('end', lost);
      opened.on('notification', ({ payload }) => {
        if (payload === this.#name) this.#tell(opened).catch(lost);
      });
      await opened.query("SET application_name = 'leader_locks watch'; LISTEN leader_locks");
      // What was written before is told by this, and what is written from now on by PostgreSQL.
      await this.#tell(opened);
      if (this.#connection !== opened) return;
      this.#failures = 0;
      this.#watcher.opened(false);
    } catch (error) {
      this.#lost(connection, error);
    }
  }

  async #tell(connection: PoolClient): Promise<void> {
    const [row] = (await connection.query<Row>(READ, [this.#name])).rows;
    if (row === undefined || this.#connection !== connection) return;
    this.#watcher.changed({ snapshot: snapshotOf(row), version: row.version });
  }

  /** Tried again after a quarter of a second, and later and later, up to half a minute. */
  #lost(connection: PoolClient | null, error: unknown): void {
    if (this.#isClosed || this.#connection !== connection) return;
    this.#drop();
    const { clock, random } = this.#watcher;
    const pauseMs = Math.min(250 * 2 ** this.#failures, 30_000) * (0.5 + random() / 2);
    this.#failures += 1;
    this.#retry = clock.setTimeout(() => void this.#open(), pauseMs);
    // Last, because whoever hears of it may close the watch.
    this.#watcher.failed(lockError(`leader_locks/${this.#name}`, error));
  }

  /** It listens: no other may have it. */
  #drop(): void {
    const connection = this.#connection;
    this.#connection = null;
    connection?.release(true);
  }
}

async function main(name = 'my-lock', identity = `process-${process.pid}`): Promise<void> {
  const timeouts = { connectionTimeoutMillis: 5_000, statement_timeout: 5_000 };
  const pool = new Pool({ ...timeouts, keepAlive: true });
  // A connection that breaks while nobody uses it.
  pool.on('error', (error) => console.log(`not connected: ${error.message}`));
  await pool.query(SCHEMA);
  const election = new LeaderElection({
    lock: new PostgresqlLock({ pool, name, identity }),
    onStartedLeading: async (term) => {
      console.log(`${identity} leads, with fencing token ${term.fencingToken}`);
      await once(term.signal, 'abort');
    },
    onNewLeader: (leader) => console.log(`${identity} sees ${leader}`),
  });
  process.once('SIGTERM', () => void election.stop());
  process.once('SIGINT', () => void election.stop());
  const { reason } = await election.run();
  console.log(`${identity} ended: ${reason}`);
  await pool.end();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await main(process.argv[2], process.argv[3]);
}
