/** The one object that an election needs rights on. */
export interface RbacTarget {
  readonly group: string;
  /** Plural, as RBAC names it. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
}

/**
 * A Role that is enough for an election on this object, as YAML. `create` stands alone because
 * RBAC cannot limit it to a name: at that time the object has none yet.
 */
export function rbacRole({ group, resource, namespace, name }: RbacTarget): string {
  const api = [`  - apiGroups: [${JSON.stringify(group)}]`, `    resources: ["${resource}"]`];
  return [
    'apiVersion: rbac.authorization.k8s.io/v1',
    'kind: Role',
    'metadata:',
    `  name: ${roleName(name)}`,
    `  namespace: ${namespace}`,
    'rules:',
    ...api,
    '    verbs: ["create"]',
    ...api,
    `    resourceNames: ["${name}"]`,
    '    verbs: ["get", "update", "watch"]',
  ].join('\n');
}

/** The command that gives the Role to whoever was refused; null when nobody was named. */
export function rbacBinding({ namespace, name }: RbacTarget, user: string | null): string | null {
  if (user === null || !/^[\w.:@/-]+$/.test(user)) return null;
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user);
  const subject =
    account === null ? `--user=${user}` : `--serviceaccount=${account[1]}:${account[2]}`;
  const role = roleName(name);
  return `kubectl create rolebinding ${role} --role=${role} ${subject} --namespace=${namespace}`;
}

function roleName(name: string): string {
  return `${name}-leader-election`;
}
