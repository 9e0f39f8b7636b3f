import { isEverybody, rbacBinding, rbacRole, type RbacTarget } from './rbac.js';

/** A 403 and what was asked, in words. */
export interface Forbidden {
  readonly call: RbacTarget & { readonly verb: string };
  /** Such as `Lease production/data-processor`. */
  readonly subject: string;
  /** Such as `HTTP 403 Forbidden`. */
  readonly said: string;
  /** The server's own words; empty when it gave none. */
  readonly message: string;
  /** The reasons of the Status, such as `NamespaceTerminating`. */
  readonly causes: readonly string[];
  /** Why no credentials were sent; null when some were. */
  readonly withoutCredentials: string | null;
}

/** An authorizer's own sentence. What others say (admission, a proxy) may quote one, but not begin so. */
const AUTHORIZER = new RegExp(
  '^(?:[^ ]+(?: "[^"]*")? is forbidden: )?' +
    'User "([^"]*)" cannot ([^ ]+) resource "([^"]+)" in API group "([^"]*)"' +
    '(?: in the namespace "([^"]*)")?(.*)$',
);

/** A refusal beside the rules, such as that of a managed namespace. No Role changes it. */
const IN_SPITE_OF_ROLES = /\b(den(y|ies|ied)|managed|prohibit\w*|not allowed|disallow\w*)\b/i;

/** Says what is missing. A Role is shown only where it is a Role that is missing. */
export function explainForbidden(forbidden: Forbidden): string {
  const { call, subject, said, message, causes } = forbidden;
  if (causes.includes('NamespaceTerminating')) {
    return `${subject}: namespace "${call.namespace}" is being deleted (${said}), so nothing can be created in it.`;
  }
  const [, user = '', verb, resource, group, namespace, more = ''] = AUTHORIZER.exec(message) ?? [];
  if (isEverybody(user)) {
    return explainAnonymous(forbidden, user);
  }
  if (verb === undefined || IN_SPITE_OF_ROLES.test(more)) {
    const why = message === '' ? '. It gives no reason.' : `: ${message}`;
    return `${subject}: the API server forbids this ${call.verb} (${said})${why}`;
  }
  const binding = rbacBinding(call, user);
  const who = user === '' ? 'this user' : `user "${user}"`;
  const what = `${resource ?? ''}${group === '' ? '' : `.${group ?? ''}`}`;
  const where = namespace === undefined ? '' : ` in namespace "${namespace}"`;
  const hint = more.replace(/^[:\s]+/, '');
  return [
    `${subject}: ${who} is missing the verb "${verb}" on ${what}${where} (${said}` +
      `${hint === '' ? '' : `; ${hint}`}). Add this Role${binding === null ? '' : ' and bind it'}:`,
    rbacRole(call),
    ...(binding === null ? [] : [`# ${binding}`]),
  ].join('\n');
}

/** To give rights to whoever has no credentials would give them to everybody. */
function explainAnonymous(
  { call, subject, said, withoutCredentials }: Forbidden,
  user: string,
): string {
  const why =
    withoutCredentials === null
      ? 'the credentials that were sent were not accepted'
      : `no credentials were sent: ${withoutCredentials}`;
  return (
    `${subject}: the API server forbids this ${call.verb} to "${user}", which is everybody (${said}), ` +
    `because ${why}. Mend the credentials; no Role is to be bound to that name.`
  );
}
