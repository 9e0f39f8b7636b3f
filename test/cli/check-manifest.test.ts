import { loadAllYaml } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { rbacManifest, subjectOfUser } from '../../src/cli/check/manifest.js';

interface Item {
  readonly kind: string;
  readonly metadata: object;
  readonly roleRef?: object;
  readonly subjects?: unknown;
}

const target = {
  group: 'coordination.k8s.io',
  resource: 'leases',
  namespace: 'production',
  name: 'report',
};
const manifest = (user: string): Item[] =>
  loadAllYaml(rbacManifest(target, subjectOfUser(user))) as Item[];

describe('the manifest that check prints', () => {
  it('is a Role and its binding', () => {
    const [role, binding, ...more] = manifest('system:serviceaccount:jobs:runner');
    expect(more).toEqual([]);
    const metadata = { name: 'report-leader-election', namespace: 'production' };
    expect(role).toMatchObject({ kind: 'Role', metadata });
    expect(binding).toMatchObject({
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: metadata.name },
      subjects: [{ kind: 'ServiceAccount', name: 'runner', namespace: 'jobs' }],
    });
  });

  it('is for a user, whatever characters its name has', () => {
    const name = 'ann: "x" #1 \\ é';
    expect(manifest(name)[1]?.subjects).toEqual([
      { kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name },
    ]);
  });

  it.each(['null', 'true', 'no', 'on', 'y', '123', '1e3', '0x1f', '2001-01-01'])(
    'has %s as a text, wherever it stands',
    (name) => {
      const subject = { kind: 'ServiceAccount', name, namespace: name } as const;
      const text = rbacManifest({ ...target, namespace: name, name }, subject);

      const [role, binding] = loadAllYaml(text) as [Item & { rules: object[] }, Item];

      const metadata = { name: `${name}-leader-election`, namespace: name };
      expect(role).toMatchObject({ metadata, rules: [{}, { resourceNames: [name] }] });
      expect(binding).toMatchObject({ metadata, roleRef: { name: metadata.name } });
      expect(binding.subjects).toEqual([subject]);
    },
  );
});
