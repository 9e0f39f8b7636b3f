import { LOCK_KINDS, type LockKind } from '../../lock/lock-kinds.js';
import { rbacRole, roleName, yamlScalar, type RbacTarget } from '../../kubernetes/rbac.js';

/** Who is to get the rights. */
export type Subject =
  | { readonly kind: 'ServiceAccount'; readonly name: string; readonly namespace: string }
  | { readonly kind: 'User'; readonly name: string };

/** `system:serviceaccount:NAMESPACE:NAME` is a service account, anything else a user. */
export function subjectOfUser(user: string): Subject {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user) ?? [];
  return namespace !== undefined && name !== undefined
    ? { kind: 'ServiceAccount', name, namespace }
    : { kind: 'User', name: user };
}

/** A Role that is enough for an election, and its binding, for `kubectl apply -f -`. */
export function rbacManifest(target: RbacTarget, subject: Subject): string {
  const role = rbacRole(target);
  const name = yamlScalar(roleName(target));
  const who =
    subject.kind === 'User'
      ? ['  - kind: User', '    apiGroup: rbac.authorization.k8s.io']
      : ['  - kind: ServiceAccount', `    namespace: ${yamlScalar(subject.namespace)}`];
  return [
    role,
    '---',
    'apiVersion: rbac.authorization.k8s.io/v1',
    'kind: RoleBinding',
    'metadata:',
    `  name: ${name}`,
    `  namespace: ${yamlScalar(target.namespace)}`,
    'roleRef:',
    '  apiGroup: rbac.authorization.k8s.io',
    '  kind: Role',
    `  name: ${name}`,
    'subjects:',
    ...who,
    // JSON's text is YAML's, too.
    `    name: ${JSON.stringify(subject.name)}`,
  ].join('\n');
}

/** The lock's object without a holder: whoever finds it takes it at once, and creates nothing. */
export function lockManifest(place: {
  readonly kind: LockKind;
  readonly namespace: string;
  readonly name: string;
}): string {
  const { apiVersion, kind } = LOCK_KINDS[place.kind];
  return [
    `apiVersion: ${apiVersion}`,
    `kind: ${kind}`,
    'metadata:',
    `  name: ${yamlScalar(place.name)}`,
    `  namespace: ${yamlScalar(place.namespace)}`,
  ].join('\n');
}
