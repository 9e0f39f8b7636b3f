import { loadAllYaml, loadYaml } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { rbacRole } from '../../src/kubernetes/rbac.js';
import { ConfigError } from '../../src/errors/config-error.js';
import { resolveConfig } from '../../src/config/resolve-config.js';
import { LOCK_KINDS } from '../../src/lock/lock-kinds.js';
import { LeaseLock } from '../../src/lock/locks.js';
import { codeBlocks, manifest } from './support/markdown.js';

interface Role {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly rules: unknown;
}

/*
 * The Role that the README shows is the one that the package prints when rights are missing: that
 * one is proved sufficient against a real API server.
 */
describe('the Role in the README', () => {
  const [role, binding, ...more] = loadAllYaml(manifest('README.md', 'rbac lease')) as Role[];
  const target = { namespace: 'production', name: 'data-processor' };

  it('is the one that an error about missing rights contains', () => {
    const printed = loadYaml<Role>(rbacRole({ ...target, ...LOCK_KINDS.lease }));
    expect(role).toEqual(printed);
    expect(more).toEqual([]);
  });

  it('is bound to the service account of the Deployment', () => {
    const deployment = loadYaml<{
      spec: { template: { spec: { serviceAccountName: string } } };
      metadata: { namespace: string };
    }>(manifest('README.md', 'deployment'));
    expect(binding).toMatchObject({
      kind: 'RoleBinding',
      metadata: { namespace: role?.metadata.namespace },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: role?.metadata.name },
      subjects: [
        {
          kind: 'ServiceAccount',
          name: deployment.spec.template.spec.serviceAccountName,
          namespace: deployment.metadata.namespace,
        },
      ],
    });
  });

  it('has rules for a ConfigMap, too', () => {
    const shown = loadYaml<Pick<Role, 'rules'>>(manifest('docs/locks.md', 'rbac configmap'));
    const printed = loadYaml<Role>(rbacRole({ ...target, ...LOCK_KINDS.configmap }));
    expect(shown.rules).toEqual(printed.rules);
  });
});

describe('what a Role has more where', () => {
  const target = { namespace: 'production', name: 'data-processor', ...LOCK_KINDS.lease };
  const printed = (more: Partial<Parameters<typeof rbacRole>[0]>) =>
    loadYaml<{ rules: unknown[] }>(rbacRole({ ...target, ...more })).rules;
  const shown = (name: string) => loadYaml<unknown[]>(manifest('docs/locks.md', `rbac ${name}`));

  it('events are on is what is printed', () => {
    expect(printed({ events: true })).toEqual([...printed({}), ...shown('events')]);
  });

  it('podEvidence is on is what is printed, with the rest or alone', () => {
    expect(printed({ podEvidence: true })).toEqual([...printed({}), ...shown('pods')]);
    expect(printed({ purpose: 'podEvidence' })).toEqual(shown('pods'));
  });
});

describe('the probes in docs/health.md', () => {
  it('ask the program on that page, and no more often than it says', () => {
    const probes = loadYaml<Record<string, { httpGet: { path: string; port: number } }>>(
      manifest('docs/health.md', 'probes'),
    );
    const program = codeBlocks('docs/health.md').find(({ info }) => info === 'ts')?.code ?? '';
    expect(Object.keys(probes)).toEqual(['livenessProbe', 'readinessProbe']);
    for (const { httpGet } of Object.values(probes)) {
      expect(program).toContain(`request.url === '${httpGet.path}'`);
      expect(program).toContain(`server.listen(${httpGet.port})`);
    }
    expect(probes['livenessProbe']).toMatchObject({ failureThreshold: 3 });
  });
});

describe('the Deployment in the README', () => {
  const { spec } = loadYaml<{
    spec: {
      template: {
        spec: {
          terminationGracePeriodSeconds: number;
          containers: { env: { name: string; valueFrom: unknown }[] }[];
        };
      };
    };
  }>(manifest('README.md', 'deployment')).spec.template;

  it('leaves more time to end than draining takes by default', () => {
    const lock = new LeaseLock({ name: 'a', namespace: 'default', identity: 'a' });
    const { drainTimeoutMs } = resolveConfig({ lock, onStartedLeading: null });
    expect(spec.terminationGracePeriodSeconds * 1000).toBeGreaterThan(drainTimeoutMs);
  });

  it('gives the pod its name in the variable that the locks read', () => {
    const env = spec.containers[0]?.env ?? [];
    expect(env).toEqual([
      { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    ]);
    const before = process.env['POD_NAME'];
    try {
      process.env['POD_NAME'] = 'data-processor-7d4b9';
      expect(new LeaseLock({ name: 'a' }).identity).toMatch(/^data-processor-7d4b9_/);
    } finally {
      if (before === undefined) delete process.env['POD_NAME'];
      else process.env['POD_NAME'] = before;
    }
    expect(() => new LeaseLock({ name: 'a', identity: '' })).toThrow(ConfigError);
  });
});
