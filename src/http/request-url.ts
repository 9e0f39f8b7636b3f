/** Only path and query of a request are looked at; the rest of the URL is this. */
const BASE = 'http://127.0.0.1';

/**
 * The address in the first line of a request: a path, or a whole http URL as proxies send it. Null
 * for what is neither, which anybody may send; it never throws.
 *
 * A path is never read as a reference to another host, as `new URL('//', base)` does.
 */
export function requestUrl(target: string | undefined): URL | null {
  if (target === undefined) return null;
  const address = target.startsWith('/') ? `${BASE}${target}` : target;
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  return /^https?:$/.test(url.protocol) ? url : null;
}
