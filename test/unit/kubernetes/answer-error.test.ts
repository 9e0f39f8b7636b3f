import { describe, expect, it } from 'vitest';
import { answerError, type ApiAnswer, type ApiCall } from '../../../src/kubernetes/answer-error.js';
import { parseRetryAfter } from '../../../src/kubernetes/retry-after.js';
import { statusBody } from './support/server.js';

const call: ApiCall = {
  verb: 'update',
  kind: 'Lease',
  group: 'coordination.k8s.io',
  resource: 'leases',
  namespace: 'production',
  name: 'data-processor',
};

function answer(status: number, json?: unknown, headers: ApiAnswer['headers'] = {}): ApiAnswer {
  return { status, json, headers, address: 'api.example:6443' };
}

const verb = (name: ApiCall['verb']): ApiCall => ({ ...call, verb: name });

describe('the kind of an answer', () => {
  const status = (code: number, reason: string, message = 'because', details = {}): ApiAnswer =>
    answer(code, statusBody(code, reason, message, details));

  it.each([
    ['401', call, status(401, 'Unauthorized'), 'unauthorized', false],
    ['403', call, status(403, 'Forbidden'), 'forbidden', false],
    ['404 for a read', verb('get'), status(404, 'NotFound'), 'notFound', false],
    ['404 for an update', call, status(404, 'NotFound'), 'notFound', false],
    ['404 for a creation', verb('create'), status(404, 'NotFound'), 'invalid', false],
    ['404 from somebody else', verb('get'), answer(404), 'serverError', true],
    ['408', call, answer(408), 'timeout', true],
    ['409 for an update', call, status(409, 'Conflict'), 'conflict', false],
    ['409 for a creation', verb('create'), status(409, 'AlreadyExists'), 'conflict', false],
    ['409 without a Status', verb('create'), answer(409), 'conflict', false],
    ['409 for a creation, of a quota', verb('create'), status(409, 'Conflict'), 'throttled', false],
    ['410', call, status(410, 'Expired'), 'invalid', false],
    ['422', call, status(422, 'Invalid'), 'invalid', false],
    ['429', call, status(429, 'TooManyRequests'), 'throttled', false],
    ['500', call, status(500, 'InternalError'), 'serverError', true],
    ['502 with HTML', call, answer(502), 'serverError', true],
    ['504', call, status(504, 'Timeout'), 'serverError', true],
    ['a redirect', call, answer(302), 'invalid', false],
  ] as const)('%s is what the election acts on', (_, asked, given, kind, mayHaveCommitted) => {
    const error = answerError(asked, given);

    expect(error).toMatchObject({ kind, mayHaveCommitted, status: given.status });
    expect(error.message).toMatch(/^Lease production\/data-processor/);
    expect(error.message).toContain(`HTTP ${given.status}`);
  });

  it('comes with the reason of the Status', () => {
    expect(answerError(call, status(409, 'Conflict')).reason).toBe('Conflict');
  });
});

describe('403', () => {
  const role = (group: string, resource: string): string => `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: data-processor-leader-election
  namespace: production
rules:
  - apiGroups: ["${group}"]
    resources: ["${resource}"]
    verbs: ["create"]
  - apiGroups: ["${group}"]
    resources: ["${resource}"]
    resourceNames: ["data-processor"]
    verbs: ["get", "update", "watch"]`;
  const forbidden = (message: string, details = {}): ApiAnswer =>
    answer(403, statusBody(403, 'Forbidden', message, details));
  const rbac = (user: string, more = ''): string =>
    `leases.coordination.k8s.io "data-processor" is forbidden: User "${user}" cannot update ` +
    `resource "leases" in API group "coordination.k8s.io" in the namespace "production"${more}`;

  it('names user, verb, resource and namespace, and prints the Role and how to bind it', () => {
    const { message } = answerError(
      call,
      forbidden(rbac('system:serviceaccount:production:worker')),
    );

    expect(message).toBe(
      'Lease production/data-processor: user "system:serviceaccount:production:worker" is missing ' +
        'the verb "update" on leases.coordination.k8s.io in namespace "production" (HTTP 403 ' +
        'Forbidden). Add this Role and bind it:' +
        role('coordination.k8s.io', 'leases') +
        '\n# kubectl create rolebinding data-processor-leader-election ' +
        '--role=data-processor-leader-election --serviceaccount=production:worker ' +
        '--namespace=production',
    );
  });

  it('takes what the server names over what was asked', () => {
    const { message } = answerError(
      call,
      forbidden(rbac('ann', ': no RBAC policy matched').replace('update', 'patch')),
    );

    expect(message).toContain('user "ann" is missing the verb "patch"');
    expect(message).toContain('--user=ann');
  });

  it.each([
    ['without a reason', statusBody(403, 'Forbidden', ''), 'It gives no reason'],
    ['without a Status', undefined, 'an answer that is not a Kubernetes Status'],
    ['of something in between', 'nonsense', "Check the kubeconfig's server URL"],
  ])('%s is no reason to hand out a Role', (_, json, expected) => {
    const { message } = answerError(verb('get'), answer(403, json));

    expect(message).toContain(expected);
    expect(message).not.toMatch(/Role|rolebinding/);
  });

  it('of a user whose name could be a command is printed without one', () => {
    const text = 'User "a; rm -rf /" cannot update resource "leases" in API group "x"';
    const { message } = answerError(call, forbidden(text));

    expect(message).toContain('the verb "update" on leases.x (HTTP 403');
    expect(message).not.toContain('kubectl');
  });

  it('of a namespace that is being deleted says so, and prints no Role', () => {
    const { message } = answerError(
      verb('create'),
      forbidden('unable to create new content in namespace production because it is terminated', {
        causes: [{ reason: 'NamespaceTerminating', message: '…', field: 'metadata.namespace' }],
      }),
    );

    expect(message).toContain('namespace "production" is being deleted');
    expect(message).not.toContain('Role');
  });

  it.each([
    `admission webhook "policy.example.com" denied the request: ${rbac('eve')}`,
    'leases "data-processor" is forbidden: exceeded quota: objects, used: 5, limited: 5',
    'configmaps "x" is forbidden',
    rbac(
      'ann',
      ': GKE Warden authz [denied by managed-namespaces-limitation]: the namespace "production" ' +
        'is managed and the request\'s verb "update" is denied',
    ),
    rbac('ann', ": Access has been explicitly denied by the cluster's owner"),
  ])('that no Role changes gives the words of the server, and no Role: %s', (text) => {
    const { message } = answerError(call, forbidden(text));

    expect(message).toContain(text.slice(0, 390));
    expect(message).not.toMatch(/kind: Role|rolebinding|missing the verb/);
  });

  it.each([
    ['', ''],
    [': RBAC: role.rbac.authorization.k8s.io "x" not found', 'RBAC: role.rbac'],
    [': requires one of ["container.leases.update"] permission(s).', 'requires one of'],
  ])('of an authorizer may end in %j, which is shown', (more, shown) => {
    const { message } = answerError(call, forbidden(rbac('ann', more)));

    expect(message).toContain('user "ann" is missing the verb "update"');
    expect(message).toContain(shown);
    expect(message).toContain('--user=ann');
  });

  const everybody = ['anonymous', 'authenticated', 'unauthenticated', 'serviceaccounts'];
  const groups = [...everybody, 'serviceaccounts:production'].map((name) => `system:${name}`);
  it.each(groups)('to %s never advises to give it rights', (user) => {
    const sent = answerError(call, forbidden(rbac(user)));
    const none = answerError(call, {
      ...forbidden(rbac(user)),
      withoutCredentials: 'the token of the kubeconfig\'s user "x" is empty',
    });

    expect(sent.message).toContain('the credentials that were sent were not accepted');
    expect(none.message).toContain(
      'no credentials were sent: the token of the kubeconfig\'s user "x" is empty',
    );
    for (const { message } of [sent, none]) {
      expect(message).not.toMatch(/kind: Role|rolebinding|--user|missing the verb/);
    }
  });

  it.each<[purpose: ApiCall['purpose'], name: string, verbs: readonly string[]]>([
    [undefined, 'data-processor-leader-election', ['create', 'get, update, watch']],
    ['candidate', 'data-processor-leader-election', ['create', 'get, update, watch']],
    ['observer', 'data-processor-leader-election-observer', ['get, watch']],
    ['stepDown', 'data-processor-leader-election-step-down', ['get, update']],
  ])('shows a %s no more rights than it needs', (purpose, name, verbs) => {
    const { message } = answerError({ ...call, purpose }, forbidden(rbac('ann')));

    const shown = [...message.matchAll(/verbs: \[(.*)\]/g)].map(([, list = '']) => list);
    expect(shown.map((list) => list.replaceAll('"', ''))).toEqual(verbs);
    expect(message).toContain(`\n  name: ${name}\n`);
    expect(message).toContain(`--role=${name} `);
  });
});

describe('404', () => {
  it('for a creation says that the namespace is missing, and what to do', () => {
    const details = { name: 'production', kind: 'namespaces' };
    const body = statusBody(404, 'NotFound', 'namespaces "production" not found', details);
    const { message } = answerError(verb('create'), answer(404, body));

    expect(message).toBe(
      'Lease production/data-processor: namespace "production" does not exist (HTTP 404 NotFound). ' +
        "Create it with `kubectl create namespace production`, or set the lock's namespace.",
    );
  });

  it('from something that is no API server does not say that the object is gone', () => {
    const page = answer(404, undefined, { 'content-type': 'text/html; charset=utf-8' });
    const { message, kind } = answerError(verb('get'), page);

    expect(kind).not.toBe('notFound');
    expect(message).toContain('a text/html answer that is not a Kubernetes Status');
    expect(message).toContain("Check the path in the kubeconfig's server URL");
  });
});

describe('401', () => {
  it('of a request without credentials says why there were none', () => {
    const withoutCredentials = "the kubeconfig's context names no user";

    expect(answerError(call, { ...answer(401), withoutCredentials }).message).toContain(
      "(HTTP 401). None were sent: the kubeconfig's context names no user.",
    );
  });

  it('says who refused what', () => {
    expect(answerError(call, answer(401)).message).toBe(
      'Lease production/data-processor: the API server at api.example:6443 refused the credentials ' +
        '(HTTP 401). The token or client certificate is missing, has expired, or belongs to ' +
        'another cluster.',
    );
  });
});

describe("the server's words", () => {
  it('are put on one line and cut short', () => {
    const long = `spec.x:\n\tInvalid value ${'y'.repeat(2000)}`;

    const { message } = answerError(call, answer(422, statusBody(422, 'Invalid', long)));

    expect(message).toContain('spec.x: Invalid value yyy');
    expect(message).not.toContain('\n');
    expect(message.length).toBeLessThan(600);
  });
});

describe('Retry-After', () => {
  const status = (retryAfterSeconds?: number): ApiAnswer =>
    answer(500, statusBody(500, 'ServerTimeout', 'x', { retryAfterSeconds }));

  it.each([
    ['seconds', '7', 7000],
    ['seconds with spaces about', ' 7 ', 7000],
    ['zero', '0', 0],
    ['a date, which tells of an unknown clock', 'Thu, 01 Jan 2026 00:00:30 GMT', undefined],
    ['years', '999999999', 2 ** 31 - 1],
    ['more than a number can hold', '9'.repeat(400), 2 ** 31 - 1],
    ['a negative number', '-5', undefined],
    ['nonsense', 'soon', undefined],
    ['nothing', undefined, undefined],
  ])('of %s', (_, value, expected) => {
    expect(parseRetryAfter(value)).toBe(expected);
  });

  it.each([
    ['header', answer(429, undefined, { 'retry-after': '3' }), 3000],
    ['Status', status(2), 2000],
    ['Status, up to', status(1e308), 2 ** 31 - 1],
    ['Status, from', status(-1), undefined],
    ['nowhere', status(), undefined],
  ])('is taken from the %s', (_, given, expected) => {
    expect(answerError(call, given).retryAfterMs).toBe(expected);
  });
});
