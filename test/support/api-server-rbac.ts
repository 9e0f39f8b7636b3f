import type { RbacRule } from './api-server-types.js';

/** What a candidate needs in the namespace of its lock, in addition to its right to record events. */
export const CANDIDATE_RULES: readonly RbacRule[] = [
  // RBAC cannot narrow "create" to a name, so it stands apart from the verbs that can be narrowed.
  {
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
    verbs: ['create'],
  },
  {
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
    verbs: ['get', 'update', 'watch'],
  },
  { apiGroups: [''], resources: ['configmaps'], verbs: ['create'] },
  {
    apiGroups: [''],
    resources: ['configmaps'],
    verbs: ['get', 'update', 'watch'],
  },
  {
    apiGroups: ['', 'events.k8s.io'],
    resources: ['events'],
    verbs: ['create'],
  },
];

/** For a user that may look and not touch. */
export const READER_RULES: readonly RbacRule[] = [
  {
    apiGroups: ['', 'coordination.k8s.io', 'events.k8s.io'],
    resources: ['leases', 'configmaps', 'events'],
    verbs: ['get', 'list', 'watch'],
  },
];

export interface RbacObject {
  /** The collection to POST to; the object itself is at `${collection}/${name}`. */
  readonly collection: string;
  readonly name: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The role and its binding by which a user has `rules` in a namespace, or (`*`) everywhere. */
export function roleAndBinding(
  user: string,
  namespace: string,
  rules: readonly RbacRule[],
): { readonly role: RbacObject; readonly binding: RbacObject } {
  const everywhere = namespace === '*';
  const prefix = everywhere ? 'Cluster' : '';
  const base = `/apis/rbac.authorization.k8s.io/v1${everywhere ? '' : `/namespaces/${namespace}`}`;
  const name = `granted:${user}`;
  const head = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    metadata: { name },
  };
  return {
    role: {
      collection: `${base}/${everywhere ? 'clusterroles' : 'roles'}`,
      name,
      body: { ...head, kind: `${prefix}Role`, rules },
    },
    binding: {
      collection: `${base}/${everywhere ? 'clusterrolebindings' : 'rolebindings'}`,
      name,
      body: {
        ...head,
        kind: `${prefix}RoleBinding`,
        roleRef: {
          apiGroup: 'rbac.authorization.k8s.io',
          kind: `${prefix}Role`,
          name,
        },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
      },
    },
  };
}

/** Bodies for the SubjectAccessReview API: one question for each thing that the rules allow. */
export function accessQuestions(
  user: string,
  namespace: string,
  rules: readonly RbacRule[],
): Record<string, unknown>[] {
  const everyCase = rules.flatMap((rule) =>
    rule.apiGroups.flatMap((group) =>
      rule.resources.flatMap((resource) =>
        rule.verbs.flatMap((verb) =>
          (rule.resourceNames ?? [undefined]).map((name) => ({
            group,
            resource,
            verb,
            name,
          })),
        ),
      ),
    ),
  );
  return everyCase.map((attributes) => ({
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: {
      user,
      resourceAttributes: {
        ...attributes,
        namespace: namespace === '*' ? '' : namespace,
      },
    },
  }));
}
