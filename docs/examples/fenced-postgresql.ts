/**
 * Writes to PostgreSQL that a former leader cannot make any more, however late they arrive.
 *
 * One row for each lock holds the highest fencing token that has been seen. Every transaction begins
 * by raising it to its own token, and ends there if it is higher already. No package for PostgreSQL
 * is used here: hand in a connection of the one that you have. `Client` and `PoolClient` of `pg` fit.
 */
import type { Term } from 'k8s-leader-election';

/** One connection, not a pool: all statements of a transaction must go to the same session. */
export interface Connection {
  query(
    sql: string,
    values?: unknown[],
  ): Promise<{ rowCount: number | null; rows: Record<string, unknown>[] }>;
}

/** To be run once, by whoever creates the tables. The column is a number: as text, 9 is above 10. */
export const SCHEMA = `
  CREATE TABLE IF NOT EXISTS leader_fence (
    lock  text   PRIMARY KEY,
    token bigint NOT NULL
  );
  INSERT INTO leader_fence (lock, token) VALUES ('data-processor', 0) ON CONFLICT DO NOTHING;
  CREATE TABLE IF NOT EXISTS jobs (
    id    bigint PRIMARY KEY,
    state text   NOT NULL DEFAULT 'waiting'
  );
`;

/** One statement compares and raises, and holds the row until the transaction has ended. */
const PASS_FENCE = 'UPDATE leader_fence SET token = $1 WHERE lock = $2 AND token <= $1';

/** A later leader has been here: whoever gets this does not lead any more. */
export class FencedOffError extends Error {
  override readonly name = 'FencedOffError';
}

/**
 * Runs `write` in a transaction that only the latest leader to come by can commit.
 *
 * @throws {FencedOffError} when a later leader has passed the fence; nothing was written then.
 */
export async function fenced<T>(
  db: Connection,
  lock: string,
  token: bigint,
  write: () => Promise<T>,
): Promise<T> {
  await db.query('BEGIN');
  try {
    const { rowCount } = await db.query(PASS_FENCE, [String(token), lock]);
    if (rowCount !== 1) {
      throw new FencedOffError(`${lock}: a later leader than that of token ${token} has written`);
    }
    const result = await write();
    await db.query('COMMIT');
    return result;
  } catch (error) {
    // If the connection is gone, so is the transaction, and this fails as well.
    await db.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** `onStartedLeading: (term) => processJobs(connection, term)` */
export async function processJobs(db: Connection, term: Term): Promise<number> {
  const inOneTransaction = <T>(write: () => Promise<T>): Promise<T> =>
    fenced(db, 'data-processor', term.fencingToken, write);
  // Before anything is read: from here on, what earlier leaders have sent is refused.
  await inOneTransaction(() => Promise.resolve());

  let processed = 0;
  while (term.isLeading()) {
    const found = await inOneTransaction(async () => {
      const { rows } = await db.query(
        "SELECT id FROM jobs WHERE state = 'waiting' ORDER BY id LIMIT 1",
      );
      const id = rows[0]?.['id'];
      if (id !== undefined) await db.query("UPDATE jobs SET state = 'done' WHERE id = $1", [id]);
      return id !== undefined;
    });
    if (!found) break;
    processed += 1;
  }
  return processed;
}
