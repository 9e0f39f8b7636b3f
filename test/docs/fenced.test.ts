import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Connection, fenced, processJobs } from '../../docs/examples/fenced-postgresql.js';
import { FENCING_ANNOTATION } from '../../src/gate.js';
import type { Term } from '../../src/index.js';
import { type EmbeddedApiServer, startEmbeddedApiServer } from '../../src/testing.js';
import { ROOT } from './support/markdown.js';

describe('the example of a fenced Kubernetes object', () => {
  let server: EmbeddedApiServer;
  const object = { namespace: 'default', name: 'progress' };

  beforeEach(async () => {
    server = await startEmbeddedApiServer();
    server.store.put({ kind: 'ConfigMap', metadata: { name: 'progress', labels: { team: 'x' } } });
  });

  afterEach(async () => {
    await server.close();
  });

  const stored = () => {
    const found = server.store.get({ resource: 'configmaps', ...object });
    return { data: found?.['data'], token: found?.metadata.annotations?.[FENCING_ANNOTATION] };
  };

  it('runs as a program that leads and works', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'fenced-'));
    await writeFile(join(directory, 'config'), server.kubeConfig());
    const program = spawn(
      process.execPath,
      ['--import', 'tsx', 'docs/examples/fenced-object.ts', 'progress'],
      {
        cwd: ROOT,
        env: { ...process.env, KUBECONFIG: join(directory, 'config') },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const lines: string[] = [];
    createInterface({ input: program.stdout }).on('line', (line) => {
      lines.push(line);
      if (line.startsWith('step 2')) program.kill('SIGTERM');
    });
    const [code] = (await once(program, 'close')) as [number | null];
    await rm(directory, { recursive: true });
    const { data, token } = stored();
    expect(lines.slice(0, 2)).toEqual([1, 2].map((n) => `step ${n}, with fencing token ${token}`));
    expect(lines.at(-1)).toBe('ended: stopped');
    expect(Number((data as { steps: string }).steps)).toBeGreaterThanOrEqual(2);
    expect(code).toBe(0);
  });
});

/** Answers as PostgreSQL would that has one fence and some jobs, and notes what it was asked. */
class OneSession implements Connection {
  readonly statements: string[] = [];
  highest = 0n;
  jobs: number[] = [];
  failOn = '';

  async query(sql: string, values: unknown[] = []) {
    this.statements.push(sql.split(' ').slice(0, 2).join(' '));
    await Promise.resolve();
    if (this.failOn !== '' && sql.startsWith(this.failOn)) throw new Error('connection lost');
    if (sql.startsWith('UPDATE leader_fence')) {
      const token = BigInt(values[0] as string);
      if (this.highest > token) return { rowCount: 0, rows: [] };
      this.highest = token;
      return { rowCount: 1, rows: [] };
    }
    if (sql.startsWith('SELECT')) return { rowCount: 1, rows: this.jobs.map((id) => ({ id })) };
    if (sql.startsWith('UPDATE jobs')) this.jobs = this.jobs.filter((id) => id !== values[0]);
    return { rowCount: null, rows: [] };
  }
}

describe('the example of a fenced transaction in PostgreSQL', () => {
  const pass = ['BEGIN', 'UPDATE leader_fence'];

  it('writes between the fence and the commit', async () => {
    const db = new OneSession();
    const written = await fenced(db, 'data-processor', 9n, async () => {
      await db.query('INSERT INTO x');
      return 'written';
    });
    expect(written).toBe('written');
    expect(db.statements).toEqual([...pass, 'INSERT INTO', 'COMMIT']);
  });

  it('writes nothing once a later leader has passed the fence', async () => {
    const db = new OneSession();
    db.highest = 10n;
    let called = false;
    const late = fenced(db, 'data-processor', 9n, async () => {
      called = true;
    });
    await expect(late).rejects.toThrow('a later leader');
    expect(called).toBe(false);
    expect(db.statements).toEqual([...pass, 'ROLLBACK']);
  });

  it('rolls back what fails, and passes that error on even if it cannot roll back', async () => {
    const db = new OneSession();
    db.failOn = 'ROLLBACK';
    const failing = fenced(db, 'data-processor', 9n, () =>
      Promise.reject(new Error('no such job')),
    );
    await expect(failing).rejects.toThrow('no such job');
    expect(db.statements).toEqual([...pass, 'ROLLBACK']);
  });

  it('passes the fence before it reads anything, and works until its term is over', async () => {
    const db = new OneSession();
    db.jobs = [1, 2, 3];
    let questions = 0;
    const term = { fencingToken: 9n, isLeading: () => (questions += 1) <= 2 } as Term;
    expect(await processJobs(db, term)).toBe(2);
    expect(db.statements.slice(0, 3)).toEqual([...pass, 'COMMIT']);
    expect(db.jobs).toEqual([3]);
    expect(await processJobs(db, { ...term, isLeading: () => true })).toBe(1);
  });
});
