import type { RequestInfo } from './routes.js';
import { type ApiStatusError, forbidden } from './status.js';

/** Each field that is given has to fit, one of its values at least. */
export interface AccessMatch {
  readonly user?: string | readonly string[];
  readonly verb?: string | readonly string[];
  readonly resource?: string | readonly string[];
  readonly namespace?: string | readonly string[];
  readonly name?: string | readonly string[];
}

export const ANONYMOUS = 'system:anonymous';

/** What may be asked by anyone, as with the roles that every cluster comes with. */
const OPEN_PATHS = ['/healthz', '/livez', '/readyz', '/version', '/version/'];

/** Who may do what: everyone everything, except as the rules say; the latest rule that fits wins. */
export class AccessRules {
  readonly #rules: { readonly match: AccessMatch; readonly allowed: boolean }[] = [];

  /** Returns how to take the rule back. */
  add(match: AccessMatch, allowed: boolean): () => void {
    const rule = { match, allowed };
    this.#rules.push(rule);
    return () => {
      const index = this.#rules.indexOf(rule);
      if (index >= 0) this.#rules.splice(index, 1);
    };
  }

  allows(user: string, info: RequestInfo): boolean {
    if (OPEN_PATHS.includes(info.path)) return true;
    if (info.resource === 'selfsubjectaccessreviews') return user !== ANONYMOUS;
    const fitting = this.#rules.findLast(({ match }) => fits(match, user, info));
    return fitting?.allowed ?? user !== ANONYMOUS;
  }
}

function fits(match: AccessMatch, user: string, info: RequestInfo): boolean {
  return (
    oneOf(match.user, user) &&
    oneOf(match.verb, info.verb) &&
    oneOf(match.resource, info.resource) &&
    oneOf(match.namespace, info.namespace) &&
    oneOf(match.name, info.name)
  );
}

/** Whether the value is wanted; anything is when nothing particular is. */
export function oneOf(wanted: string | readonly string[] | undefined, value: string): boolean {
  if (wanted === undefined) return true;
  return typeof wanted === 'string' ? wanted === value : wanted.includes(value);
}

/** 403 in the API server's words, which name the missing right. */
export function accessDenied(user: string, info: RequestInfo): ApiStatusError {
  const { verb, group, resource, namespace, name, path } = info;
  if (resource === '') {
    const denied = forbidden(
      { group: '', resource: '' },
      '',
      `User "${user}" cannot ${verb} path "${path}"`,
    );
    const message = `forbidden: User "${user}" cannot ${verb} path "${path}"`;
    Object.assign(denied.status, { message, details: {} });
    return denied;
  }
  const what = `User "${user}" cannot ${verb} resource "${resource}" in API group "${group}"`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  return forbidden({ group, resource }, name, `${what} ${where}`);
}
