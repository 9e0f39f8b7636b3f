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

const TOKEN = /^[\w-]{16,200}$/;
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** @throws {TypeError} that says what is wrong with the address, and never quotes a token */
export function reportTarget({ url, token, allowPlainHttp }: ReportAddress): ReportTarget {
  const address = URL.canParse(url) ? new URL(url) : null;
  if (address === null || !/^https?:$/.test(address.protocol)) {
    throw new TypeError(`url ${FORM}`);
  }
  if (address.username !== '' || address.search !== '' || address.hash !== '') {
    throw new TypeError(`url holds what does not belong there; it ${FORM}`);
  }
  const parts = address.pathname.split('/').filter((part) => part !== '');
  const last = parts.at(-1);
  if (last !== undefined && TOKEN.test(last) && (token === undefined || token === last)) {
    token = parts.pop();
  }
  if (token === undefined || !TOKEN.test(token)) {
    throw new TypeError(
      'token is missing or is none: give that of the live chart, at least 16 letters, digits, "-" or "_"',
    );
  }
  const isSecure = address.protocol === 'https:';
  if (!isSecure && !LOOPBACK.test(address.hostname) && allowPlainHttp !== true) {
    throw new TypeError(
      `url must begin with https:// where it leads to another machine (${address.hostname}): by plain ` +
        'http everybody between reads the token. In a network that you trust, allow it: ' +
        'allowPlainHttp: true',
    );
  }
  const base = `${address.origin}/${parts.map((part) => `${part}/`).join('')}`;
  return { url: new URL(REPORTS, base), token, isSecure, name: base };
}

const FORM = 'must be the address of a live chart, such as http://127.0.0.1:PORT/TOKEN/';
