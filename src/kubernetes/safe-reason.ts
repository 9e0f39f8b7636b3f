import { printable } from '../text/printable.js';

/**
 * What of a foreign error may be shown. Messages of credential helpers, YAML and JSON parsers
 * quote what they were reading, which here can be a token: so only codes, paths and positions
 * are taken from them, never the text.
 */
export function safeReason(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'an error without details';
  const { code, path, syscall, name, reason, mark } = error as Record<string, unknown>;
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code)) {
    const where = typeof path === 'string' && isPlainPath(path) ? ` (${path})` : '';
    const what = typeof syscall === 'string' && /^[a-z]{2,20}\b/.test(syscall);
    return `${code}${what ? ` in ${syscall.split(' ')[0] ?? ''}` : ''}${where}`;
  }
  if (name === 'YAMLException') {
    const line = (mark as { line?: unknown } | undefined)?.line;
    const where = typeof line === 'number' ? ` in line ${line + 1}` : '';
    return `not valid YAML${where}${typeof reason === 'string' && /^[a-z ]{1,60}$/.test(reason) ? `: ${reason}` : ''}`;
  }
  if (error instanceof SyntaxError) return 'not valid JSON';
  const message = (error as { message?: unknown }).message;
  if (typeof message === 'string' && KNOWN_HARMLESS.some((known) => known.test(message))) {
    return message;
  }
  return typeof name === 'string' && /^[A-Za-z]{1,40}$/.test(name) ? name : 'an error';
}

/** Messages of the Kubernetes client that quote no value. */
const KNOWN_HARMLESS = [
  /^[a-z]+(\[\d+\]|\.\d+)?\.[A-Za-z.]+ is missing$/,
  /^Duplicate (cluster|user|context): [\w.:@/-]{1,100}$/,
  /^No command was specified for exec authProvider!$/,
  /^Token is expired!$/,
  /^Unsupported proxy type$/,
];

function isPlainPath(path: string): boolean {
  return path.length <= 300 && /^[\w./\\: @+~-]+$/.test(path);
}

/** Replaces every secret in a text that came from outside. */
export function scrub(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) clean = clean.replaceAll(secret, '[redacted]');
  return clean;
}

/**
 * A stand-in for a foreign error that may be kept as a `cause`: the same message and code, and
 * nothing else. Node's own errors carry the peer's certificate or the raw bytes of an answer.
 */
export function bareError(error: unknown, secrets: readonly string[]): Error {
  const { message, code } = (error ?? {}) as { message?: unknown; code?: unknown };
  const text = typeof message === 'string' && message !== '' ? message : safeReason(error);
  const bare = new Error(printable(scrub(text, secrets), { keepLines: true, most: 500 }));
  bare.stack = `${bare.name}: ${bare.message}`;
  return typeof code === 'string' ? Object.assign(bare, { code }) : bare;
}
