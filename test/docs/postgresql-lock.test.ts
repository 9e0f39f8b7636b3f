import { Client, Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PostgresqlLock, SCHEMA } from '../../docs/examples/postgresql-lock.js';
import { testResourceLock } from '../../src/testing.js';
import { isCi } from '../support/ci.js';
import { findPostgresql, MISSING, Postgresql } from '../support/postgresql.js';
import { report } from '../support/progress.js';
import { Example } from './support/example.js';

/* The example of a lock of one's own, on a real PostgreSQL. */

const isMissing = (await findPostgresql()) === null && !isCi();
if (isMissing) report(`SKIPPED "the lock on PostgreSQL": ${MISSING}`);

describe.skipIf(isMissing)('the lock on PostgreSQL', () => {
  let server: Postgresql;
  let pool: Pool;

  beforeAll(async () => {
    server = await Postgresql.start();
    pool = new Pool({ host: '127.0.0.1', port: server.port, user: 'postgres', max: 20 });
    pool.on('error', () => undefined);
    await pool.query(SCHEMA);
  });

  afterAll(async () => {
    await pool?.end();
    await server?.[Symbol.asyncDispose]();
  });

  const admin = async <T>(ask: (client: Client) => Promise<T>): Promise<T> => {
    const client = new Client({ host: '127.0.0.1', port: server.port, user: 'postgres' });
    await client.connect();
    try {
      return await ask(client);
    } finally {
      await client.end();
    }
  };

  testResourceLock({
    test: it,
    create: ({ name, identity }) => new PostgresqlLock({ pool, name, identity }),
    interrupt: () =>
      admin((client) =>
        client.query(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'leader_locks watch'",
        ),
      ),
    methods: ['watch'],
  });

  it('is not deleted, and a person who changes it counts as a writer', async () => {
    const lock = new PostgresqlLock({ pool, name: 'by-hand', identity: 'me' });
    expect(await lock.get()).toMatchObject({ ok: false, error: { kind: 'notFound' } });
    await pool.query(
      `INSERT INTO leader_locks (name, record) VALUES ('by-hand', '{"holderIdentity":"x","leaseDurationSeconds":15}')`,
    );
    const read = await lock.get();
    expect(read).toMatchObject({ ok: true, version: '1', record: { holderIdentity: 'x' } });
    await pool.query(`UPDATE leader_locks SET record = record || '{"holderIdentity":"y"}'`);
    if (!read.ok) throw read.error;
    expect(await lock.update(read.record!, { base: read })).toMatchObject({
      error: { kind: 'conflict' },
    });
    for (const statement of ['DELETE FROM leader_locks', 'TRUNCATE leader_locks']) {
      await expect(pool.query(statement)).rejects.toThrow('A lock stays');
    }
    expect(await lock.get()).toMatchObject({ ok: true, version: '2' });
  });

  it('tells by the kinds of its errors what was certainly not written', async () => {
    await admin(async (client) => {
      await client.query('CREATE ROLE reader LOGIN');
      await client.query('GRANT SELECT ON leader_locks TO reader');
    });
    const kindOf = async (user: string, port = server.port): Promise<string> => {
      const own = new Pool({ host: '127.0.0.1', port, user, database: 'postgres' });
      const lock = new PostgresqlLock({ pool: own, name: 'by-hand', identity: 'me' });
      const read = await new PostgresqlLock({ pool, name: 'by-hand', identity: 'me' }).get();
      if (!read.ok) throw read.error;
      const answer = await lock.update(read.record!, { base: read });
      await own.end();
      return answer.ok ? 'stored' : answer.error.kind;
    };
    expect(await kindOf('reader')).toBe('forbidden');
    expect(await kindOf('nobody-of-that-name')).toBe('unauthorized');
    expect(await kindOf('postgres', 1)).toBe('network');
    expect(await kindOf('postgres')).toBe('stored');
  });

  it('hands over from one process to the next, at once or when its lease has run out', async () => {
    const programs: Example[] = [];
    const start = (identity: string): Example => {
      const options = { args: ['a-lock', identity], kubeConfigPath: '', env: server.env };
      const program = new Example('postgresql-lock', options);
      programs.push(program);
      return program;
    };
    try {
      const first = start('first');
      await first.says('first leads');
      const second = start('second');
      await second.says('second sees first');
      const stopped = first.stop('SIGTERM');
      await second.says('second leads');
      expect(await stopped).toBe(0);
      expect(first.lines.at(-1)).toBe('first ended: stopped');

      const third = start('third');
      await third.says('third sees second');
      const killed = performance.now();
      expect(await second.stop('SIGKILL')).toBe('SIGKILL');
      await third.says('third leads');
      // The last renewal is 2 s old at most, and the lease is of 15 s.
      expect(performance.now() - killed).toBeGreaterThan(12_000);

      const tokens = programs.map(({ lines }) =>
        BigInt(/leads, with fencing token (\d+)/.exec(lines.join('\n'))?.[1] ?? 0),
      );
      expect(tokens[0]).toBe(1n);
      expect(tokens[1]).toBeGreaterThan(1n);
      expect(tokens[2]).toBeGreaterThan(tokens[1]!);
    } finally {
      for (const program of programs) program.kill();
    }
  }, 90_000);
});
