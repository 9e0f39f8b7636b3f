import { execFile } from 'node:child_process';
import { access, chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { onFreePort } from './api-server-processes.js';
import { installPackages } from './debian.js';
import { MissingToolError } from './missing-tool-error.js';
import { type ServerProcess, startServerProcess } from './server-process.js';

export const MISSING = 'PostgreSQL is not installed (Debian: apt-get install postgresql)';
const READY_TIMEOUT_MILLIS = 30_000;

/** Where Debian puts each version. */
const DEBIAN = '/usr/lib/postgresql';

const run = promisify(execFile);

/**
 * The folder of PostgreSQL's programs. Where they are missing on a Debian machine and we are root
 * there, they are installed, unless a service manager runs that would start a server for everybody.
 *
 * @throws MissingToolError where they cannot be had
 */
export async function ensurePostgresql(): Promise<string> {
  const found = await findPostgresql();
  if (found !== null) return found;
  const hasServiceManager = await access('/run/systemd/system').then(
    () => true,
    () => false,
  );
  if (process.getuid?.() !== 0 || hasServiceManager) throw new MissingToolError(MISSING);
  await installPackages(['postgresql'], MISSING);
  const installed = await findPostgresql();
  if (installed === null) throw new MissingToolError(MISSING);
  return installed;
}

/** The newest that is installed; null where there is none. */
export async function findPostgresql(): Promise<string | null> {
  const versions = await readdir(DEBIAN).catch((): string[] => []);
  for (const version of versions.sort((a, b) => Number(b) - Number(a))) {
    const folder = join(DEBIAN, version, 'bin');
    const programs = await readdir(folder).catch((): string[] => []);
    if (programs.includes('initdb') && programs.includes('postgres')) return folder;
  }
  return null;
}

/** PostgreSQL as Debian ships it, with an empty database, on a free port of 127.0.0.1. */
export class Postgresql implements AsyncDisposable {
  /** How `pg` and programs of PostgreSQL find it. */
  readonly env: Readonly<Record<string, string>>;
  readonly port: number;
  readonly #process: ServerProcess;
  readonly #directory: string;

  private constructor(port: number, process: ServerProcess, directory: string) {
    this.port = port;
    this.env = {
      PGHOST: '127.0.0.1',
      PGPORT: String(port),
      PGUSER: 'postgres',
      PGDATABASE: 'postgres',
    };
    this.#process = process;
    this.#directory = directory;
  }

  static async start(): Promise<Postgresql> {
    const folder = await findPostgresql();
    if (folder === null) throw new MissingToolError(MISSING);
    const directory = await mkdtemp(join(tmpdir(), 'k8s-leader-election-postgresql-'));
    const [file, ...prefix] = await asItsUser(directory, join(folder, 'initdb'));
    const data = join(directory, 'data');
    await run(file!, [...prefix, '--auth=trust', '--username=postgres', '--no-sync', data]);
    let started: ServerProcess | undefined;
    const log = join(directory, 'postgres.log');
    const port = await onFreePort(async (candidate) => {
      const [program, ...before] = await asItsUser(directory, join(folder, 'postgres'));
      const settings = ['listen_addresses=127.0.0.1', `port=${candidate}`, 'fsync=off'];
      const options = [...settings, 'unix_socket_directories='].flatMap((text) => ['-c', text]);
      started = await startServerProcess(program!, [...before, '-D', data, ...options], log);
      await started.waitUntil(() => answers(candidate), READY_TIMEOUT_MILLIS);
    });
    if (started === undefined) throw new Error('PostgreSQL was not started');
    return new Postgresql(port, started, directory);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // At once, and with all its processes.
    await this.#process.signal('SIGQUIT');
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** The command line by which a program of PostgreSQL runs here: it refuses to be run by root. */
async function asItsUser(directory: string, program: string): Promise<string[]> {
  if (process.getuid?.() !== 0) return [program];
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async (flag) => (await run('id', [flag, 'postgres'])).stdout.trim()),
  );
  await chown(directory, Number(uid), Number(gid));
  return ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', program];
}

async function answers(port: number): Promise<boolean> {
  const client = new Client({ host: '127.0.0.1', port, user: 'postgres' });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end();
  }
}
