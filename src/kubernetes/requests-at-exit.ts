import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { payload, target } from './api-request.js';
import type { ConnectionSettings } from './connection-settings.js';
import { EXIT_PROGRAM } from './exit-program.js';
import { parseJson } from './parse-json.js';

/** The release of a lock by a process that ends. */
export interface ExitRelease {
  readonly settings: ConnectionSettings;
  readonly path: string;
  readonly kind: string;
  readonly name: string;
  /** What is written at once, on condition of the version that is known. */
  readonly body: object;
  /** In what it differs from what it is written over; absent values are taken away. */
  readonly changes: readonly ExitChange[];
  /** Where the object has the record: as it stands, or as JSON. */
  readonly at: readonly string[];
  /** The fields of each record that is ours, as stored. None else is written over. */
  readonly ours: readonly object[];
}

export interface ExitChange {
  readonly place: readonly string[];
  readonly field: string;
  readonly value?: unknown;
}

export interface ExitResult {
  /** Null: not known when the time was up. */
  readonly end: 'released' | 'not ours' | 'failed' | null;
  /** The last answer, or what came instead of one. */
  readonly why: string;
}

/** What Node, and a system that it runs on, goes by when it connects. Nothing of it is secret. */
const PASSED_ON = [
  ...['NODE_EXTRA_CA_CERTS', 'NODE_TLS_REJECT_UNAUTHORIZED', 'NODE_USE_SYSTEM_CA'],
  ...['SSL_CERT_FILE', 'SSL_CERT_DIR', 'OPENSSL_CONF', 'LD_LIBRARY_PATH', 'SystemRoot'],
];

/** Whether the program that runs is Node by itself: another one would be started anew. */
export function canRequestAtExit(): boolean {
  const isNode = /^node(js)?(-?[\d.]+)?(\.exe)?$/i.test(basename(process.execPath));
  return isNode && process.versions['electron'] === undefined;
}

/**
 * Releases locks, all at once, and waits for that without an event loop: one other process does it all,
 * which is told of everything by its standard input. Never throws.
 */
export function releasesAtExit(
  releases: readonly ExitRelease[],
  limitMs: number,
): readonly ExitResult[] {
  const input = { releases: releases.map(told), socks: pathOfSocks(releases), limitMs };
  const { stdout } = spawnSync(
    process.execPath,
    [...flags(), '--no-warnings', '--eval', EXIT_PROGRAM],
    {
      input: JSON.stringify(input),
      encoding: 'utf8',
      env: Object.fromEntries(PASSED_ON.map((name) => [name, process.env[name]])),
      killSignal: 'SIGKILL',
      stdio: ['pipe', 'pipe', 'ignore'],
      timeout: limitMs,
      windowsHide: true,
    },
  );
  const results: ExitResult[] = releases.map(() => ({ end: null, why: 'no answer in time' }));
  // What came last goes; a line may have been cut off when the time was up.
  for (const line of (stdout ?? '').split('\n')) {
    const { index = -1, ...news } = (parseJson(line) ?? {}) as Partial<ExitResult & Indexed>;
    const result = results[index];
    if (result !== undefined) results[index] = { ...result, ...news };
  }
  return results;
}

interface Indexed {
  readonly index: number;
}

/** From where certificates are trusted. */
function flags(): string[] {
  return process.execArgv.filter((flag) => /^--use-(bundled|openssl|system)-ca$/.test(flag));
}

/** All that is needed for one of them. */
function told({ settings, body, path, ...release }: ExitRelease): object {
  const { server, tls, proxy } = settings;
  const request = { method: 'PUT', path, body } as const;
  return {
    ...release,
    server: server.href,
    target: target(request),
    ...payload(request, settings),
    tls,
    proxy: proxy?.href,
  };
}

/** Where the package is that speaks to SOCKS proxies; undefined where it is not needed, or not there. */
function pathOfSocks(releases: readonly ExitRelease[]): string | undefined {
  if (!releases.some(({ settings }) => settings.proxy?.protocol.startsWith('socks')))
    return undefined;
  try {
    const here = typeof __filename === 'string' ? __filename : import.meta.url;
    return createRequire(here).resolve('socks');
  } catch {
    return undefined;
  }
}
