import { spawnSync } from 'node:child_process';
import { basename } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { payload } from './api-request.js';
import type { ConnectionSettings } from './connection-settings.js';
import { EXIT_PROGRAM } from './exit-program.js';
import { parseJson } from './parse-json.js';
import { safeReason } from './safe-reason.js';

/** The release of a lock by a process that ends. */
export interface ExitRelease {
  readonly settings: ConnectionSettings;
  readonly path: string;
  readonly kind: string;
  readonly name: string;
  /** What is written at once, on condition of the version that is known. */
  readonly body: object;
  /** In what it differs from what it is written over. */
  readonly changes: readonly ExitChange[];
  /** Where the object has the record: as it stands, or as JSON. */
  readonly at: readonly string[];
  /** The fields of each record that is ours, as stored. None else is written over. */
  readonly ours: readonly object[];
}

export interface ExitChange {
  readonly place: readonly string[];
  readonly field: string;
  /** Undefined: it is taken away. */
  readonly value?: unknown;
}

export interface ExitResult {
  readonly end: 'released' | 'not ours' | 'failed';
  /** The last answer, or what came instead of one. */
  readonly why: string;
}

/** What Node, and a system that it runs on, goes by when it connects. Nothing of it is secret. */
const PASSED_ON = [
  ...['NODE_EXTRA_CA_CERTS', 'NODE_TLS_REJECT_UNAUTHORIZED', 'NODE_USE_SYSTEM_CA'],
  ...['SSL_CERT_FILE', 'SSL_CERT_DIR', 'OPENSSL_CONF', 'LD_LIBRARY_PATH', 'SystemRoot'],
];

/** In words; null where requests can be made. The other process is this program, without its code. */
export function whyNoRequests(): string | null {
  if (!/^node(js)?(-?[\d.]+)?(\.exe)?$/i.test(basename(process.execPath))) {
    return 'this program is not Node by itself';
  }
  // The end of a thread is not the end of what other threads do.
  if (!isMainThread) return 'this is a worker thread';
  const { permission } = process as { permission?: { has(scope: string): boolean } };
  return permission?.has('child') === false ? 'it needs --allow-child-process' : null;
}

/**
 * Releases locks, all at once, and waits for that without an event loop: one other process does it all,
 * which is told of everything by its standard input. Never throws.
 */
export function releasesAtExit(
  releases: readonly ExitRelease[],
  limitMs: number,
): readonly ExitResult[] {
  try {
    const input = JSON.stringify({ limitMs, releases: releases.map(told) });
    const { stdout, error } = spawnSync(process.execPath, [...flags(), '--eval', EXIT_PROGRAM], {
      // As bytes: a text would be printed whole by NODE_DEBUG=child_process, with the token in it.
      input: Buffer.from(input),
      encoding: 'utf8',
      env: Object.fromEntries(PASSED_ON.map((name) => [name, process.env[name]])),
      killSignal: 'SIGKILL',
      stdio: ['pipe', 'pipe', 'ignore'],
      timeout: limitMs,
      windowsHide: true,
    });
    if (error !== undefined && !isTimeout(error)) throw error;
    // What came last goes; a line may have been cut off when the time was up.
    const news = stdout.split('\n').map((line) => parseJson(line) as Partial<News> | undefined);
    return releases.map((_, index) => {
      const own = news.filter((one) => one?.index === index);
      return Object.assign(
        { end: 'failed', why: 'no answer in time' } as const,
        ...own,
      ) as ExitResult;
    });
  } catch (error) {
    return releases.map(() => ({ end: 'failed', why: safeReason(error) }));
  }
}

function isTimeout(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ETIMEDOUT';
}

interface News extends ExitResult {
  readonly index: number;
}

/** From where certificates are trusted, and what TLS has to be. */
const SWITCHES = new RegExp(
  '^--(use-(bundled|openssl|system)-ca|tls-(min|max)-v1\\.\\d|(enable|force)-fips|' +
    'openssl-(legacy-provider|shared-config))$',
);
const WITH_A_VALUE = /^--(tls-cipher-list|openssl-config)$/;

/** Of the flags by which this program runs, those by which it connects. */
function flags(): string[] {
  const words = [...wordsOf(process.env['NODE_OPTIONS'] ?? ''), ...process.execArgv];
  return words.flatMap((word, index) => {
    const [name = '', value] = word.replace('=', '\n').split('\n');
    // Node takes either for the other.
    const flag = name.replaceAll('_', '-');
    if (SWITCHES.test(flag)) return [flag];
    return WITH_A_VALUE.test(flag) ? [`${flag}=${value ?? words[index + 1]}`] : [];
  });
}

/** As Node splits them: at spaces that are not in quotes. */
function wordsOf(options: string): string[] {
  const words = options.match(/(?:[^\s"]|"(?:\\.|[^"\\])*")+/g) ?? [];
  return words.map((word) => word.replace(/"((?:\\.|[^"\\])*)"/g, '$1').replace(/\\(.)/g, '$1'));
}

/** All that is needed for one of them. */
function told({ settings, ...release }: ExitRelease): object {
  const { server, tls } = settings;
  const { headers, body } = payload({ method: 'PUT', ...release }, settings);
  return { ...release, headers, body, tls, server: server.href };
}
