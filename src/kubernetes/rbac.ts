/** What somebody wants to do with the object of an election, or one that a leader writes. */
export type Purpose =
  'candidate' | 'candidateOfExisting' | 'observer' | 'stepDown' | 'podEvidence' | 'fenced';

/** The one object that somebody needs rights on. */
export interface RbacTarget {
  readonly group: string;
  /** Plural, as RBAC names it. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  /** Default `candidate`. */
  readonly purpose?: Purpose | undefined;
  /** Events about the object are to be written, too. Default: false. */
  readonly events?: boolean | undefined;
  /** The pods of candidates are to be read and watched, too. Default: false. */
  readonly podEvidence?: boolean | undefined;
}

/** No more than each needs. The names differ, so that applying one Role takes nothing from another. */
const NEEDS: Record<Purpose, { readonly role: string; readonly verbs: readonly string[] }> = {
  candidate: { role: 'leader-election', verbs: ['create', 'get', 'update', 'watch'] },
  // The object was made beforehand.
  candidateOfExisting: { role: 'leader-election', verbs: ['get', 'update', 'watch'] },
  observer: { role: 'leader-election-observer', verbs: ['get', 'watch'] },
  stepDown: { role: 'leader-election-step-down', verbs: ['get', 'update'] },
  fenced: { role: 'fenced-writes', verbs: ['get', 'update'] },
  podEvidence: { role: 'leader-election-pods', verbs: ['get', 'watch'] },
};

/** Of each pod, since nobody knows the names of those to come. */
const PODS = ['  - apiGroups: [""]', '    resources: ["pods"]', '    verbs: ["get", "watch"]'];

const EVENTS = ['  - apiGroups: [""]', '    resources: ["events"]', '    verbs: ["create"]'];

/**
 * A Role that is enough for that purpose on this object, as YAML. `create` stands alone because
 * RBAC cannot limit it to a name: at that time the object has none yet.
 */
export function rbacRole(target: RbacTarget): string {
  const { group, resource, namespace, name, purpose = 'candidate' } = target;
  const { events = false, podEvidence = false } = target;
  const api = [`  - apiGroups: [${JSON.stringify(group)}]`, `    resources: ["${resource}"]`];
  const { verbs } = NEEDS[purpose];
  const onObject = verbs.filter((verb) => verb !== 'create');
  const rules = [
    ...(verbs.includes('create') ? [...api, '    verbs: ["create"]'] : []),
    ...api,
    `    resourceNames: [${JSON.stringify(name)}]`,
    `    verbs: [${onObject.map((verb) => JSON.stringify(verb)).join(', ')}]`,
    ...(events ? EVENTS : []),
    ...(podEvidence ? PODS : []),
  ];
  return [
    'apiVersion: rbac.authorization.k8s.io/v1',
    'kind: Role',
    'metadata:',
    `  name: ${yamlScalar(roleName(target))}`,
    `  namespace: ${yamlScalar(namespace)}`,
    'rules:',
    ...(purpose === 'podEvidence' ? PODS : rules),
  ].join('\n');
}

/**
 * The command that gives the Role to whoever was refused; null when nobody was named, or when that
 * would open the cluster to everybody.
 */
export function rbacBinding(target: RbacTarget, user: string | null): string | null {
  if (user === null || !/^[\w.:@/-]+$/.test(user) || isEverybody(user)) return null;
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user);
  const subject =
    account === null ? `--user=${user}` : `--serviceaccount=${account[1]}:${account[2]}`;
  const role = roleName(target);
  return `kubectl create rolebinding ${role} --role=${role} ${subject} --namespace=${target.namespace}`;
}

/** Whoever has sent no credentials, and the groups that Kubernetes itself puts many into. */
export function isEverybody(user: string): boolean {
  return /^system:(anonymous|(un)?authenticated|serviceaccounts(:.*)?|masters|nodes)$/.test(user);
}

export function roleName({ name, purpose = 'candidate' }: RbacTarget): string {
  // It is about no object by that name.
  if (purpose === 'podEvidence') return NEEDS[purpose].role;
  return `${name}-${NEEDS[purpose].role}`;
}

/** What YAML 1.1 reads as something other than a text, beside numbers and dates. */
const WORDS = /^(null|true|false|yes|no|on|off|y|n)$/i;

/** A name as YAML: quoted where it could be read as a number, a truth value or nothing. */
export function yamlScalar(text: string): string {
  const isPlain = /^[a-z][-a-z0-9.]*$/.test(text) && !WORDS.test(text);
  return isPlain ? text : JSON.stringify(text);
}
