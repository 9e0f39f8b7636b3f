import { Problems } from '../validation/validate.js';
import { TOKEN, TOKEN_FORM } from './access.js';
import { REPORTS } from './inspector-server.js';

export interface ReportAddress {
  /**
   * The address of a live chart: the whole one that an `Inspector` has, with its token, or
   * without it, as a proxy offers it: `https://chart.example.com/`.
   */
  readonly url: string;
  /** The token of that chart, where the address does not hold it. */
  readonly token?: string | undefined;
  /**
   * Reports and token may go to another machine unencrypted, by plain http: for networks that you
   * trust, such as one that encrypts by itself. Default false.
   */
  readonly allowPlainHttp?: boolean | undefined;
}

export interface ReportTarget {
  readonly url: URL;
  readonly token: string;
  readonly isSecure: boolean;
  /** What may be said of it: everything but the token. */
  readonly name: string;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * @param address as it was checked
 * @param called the method, and what the address is called there
 * @throws {ConfigError} that says what is wrong with the address, and never quotes a token
 */
export function reportTarget(
  { url, token, allowPlainHttp }: ReportAddress,
  called = { method: 'connectInspector()', url: 'url' },
): ReportTarget {
  const address = new URL(url);
  const problems = new Problems(called.method);
  const parts = address.pathname.split('/').filter((part) => part !== '');
  const last = parts.at(-1);
  if (last !== undefined && TOKEN.test(last) && (token === undefined || token === last)) {
    token = parts.pop();
  }
  if (token === undefined) {
    const rule = `must be that of the live chart (${TOKEN_FORM}), here or at the end of ${called.url}`;
    problems.add('token', rule, token);
  }
  const isSecure = address.protocol === 'https:';
  if (!isSecure && !LOOPBACK.test(address.hostname) && allowPlainHttp !== true) {
    problems.addHidden(
      called.url,
      `must begin with https:// where it leads to another machine (${address.hostname}): by plain ` +
        'http everybody between reads the token. In a network that you trust, allow it: ' +
        'allowPlainHttp: true',
      url,
    );
  }
  problems.throwIfAny();
  const base = `${address.origin}/${parts.map((part) => `${part}/`).join('')}`;
  return { url: new URL(REPORTS, base), token: token ?? '', isSecure, name: base };
}
