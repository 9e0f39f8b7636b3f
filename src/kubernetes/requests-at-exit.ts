import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { payload, target, type ApiRequest } from './api-request.js';
import type { ConnectionSettings } from './connection-settings.js';
import { EXIT_PROGRAM } from './exit-program.js';
import { parseJson } from './parse-json.js';

/** A request to be sent by a process that ends. */
export interface ExitRequest extends Pick<ApiRequest, 'method' | 'path' | 'body'> {
  readonly settings: ConnectionSettings;
}

export interface ExitAnswer {
  readonly status: number;
  /** The body as JSON; undefined when it is not JSON. */
  readonly json: unknown;
  /** A write met a conflict, and this is the answer to a read that was sent after it. */
  readonly afterConflict: boolean;
}

/** Many times what a few Leases or ConfigMaps can weigh. */
const MAX_BYTES = 64 * 1024 * 1024;

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
 * Sends requests, all at once, and waits for the answers without an event loop: another process does it,
 * which is told of everything by its standard input. It also reads the object of a write that has met a
 * conflict, since to start takes it most of its time. Null for those that were not answered in time.
 * Never throws.
 */
export function requestsAtExit(
  requests: readonly ExitRequest[],
  timeoutMs: number,
): readonly (ExitAnswer | null)[] {
  const { stdout } = spawnSync(process.execPath, [...flags(), '--eval', EXIT_PROGRAM], {
    input: JSON.stringify({ requests: requests.map(told), socks: pathOfSocks(requests) }),
    encoding: 'utf8',
    env: Object.fromEntries(PASSED_ON.map((name) => [name, process.env[name]])),
    killSignal: 'SIGKILL',
    maxBuffer: MAX_BYTES,
    stdio: ['pipe', 'pipe', 'ignore'],
    timeout: Math.max(1, Math.floor(timeoutMs)),
    windowsHide: true,
  });
  // A line for each answer, as they came.
  const answers = new Map((stdout ?? '').split('\n').flatMap((line) => answerOf(line)));
  return requests.map((_, index) => answers.get(index) ?? null);
}

interface Told {
  readonly index: number;
  readonly status: number;
  readonly text: string;
  readonly afterConflict: boolean;
}

function answerOf(line: string): [number, ExitAnswer][] {
  const told = parseJson(line) as Told | undefined;
  // The last line may have been cut off when the time was up.
  if (typeof told?.text !== 'string') return [];
  const { index, status, text, afterConflict } = told;
  return [[index, { status, json: parseJson(text), afterConflict }]];
}

/** From where certificates are trusted. */
function flags(): string[] {
  return process.execArgv.filter((flag) => /^--use-(bundled|openssl|system)-ca$/.test(flag));
}

/** All that is needed for one of them. */
function told({ settings, ...request }: ExitRequest): object {
  const { server, tls, proxy } = settings;
  return {
    server: server.href,
    target: target(request),
    method: request.method,
    ...payload(request, settings),
    tls,
    proxy: proxy?.href,
  };
}

/** Where the package is that speaks to SOCKS proxies; undefined where it is not needed, or not there. */
function pathOfSocks(requests: readonly ExitRequest[]): string | undefined {
  if (!requests.some(({ settings }) => settings.proxy?.protocol.startsWith('socks')))
    return undefined;
  try {
    const here = typeof __filename === 'string' ? __filename : import.meta.url;
    return createRequire(here).resolve('socks');
  } catch {
    return undefined;
  }
}
