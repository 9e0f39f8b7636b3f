import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultNamespace, loadDefaultKubeConfig } from '../../../src/kubernetes/kube-config.js';
import { LockError } from '../../../src/errors/lock-error.js';
import { failure } from './support/failure.js';
import { kubeConfig } from './support/kube-configs.js';
import { everythingShown } from './support/show.js';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kube-config-'));
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true });
});

function write(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

const KUBECONFIG = `
apiVersion: v1
kind: Config
clusters: [{ name: c, cluster: { server: 'http://127.0.0.1:1' } }]
users: [{ name: u, user: { token: marked-secret } }]
contexts: [{ name: x, context: { cluster: c, user: u, namespace: staging } }]
current-context: x
`;

describe('the default kubeconfig', () => {
  it('is what KUBECONFIG names, loaded once for all', async () => {
    vi.stubEnv('KUBECONFIG', write('config', KUBECONFIG));

    const first = await loadDefaultKubeConfig();

    expect(first.getCurrentCluster()?.server).toBe('http://127.0.0.1:1');
    expect(await loadDefaultKubeConfig()).toBe(first);
  });

  it('is looked for again after it could not be read', async () => {
    const path = join(directory, 'config');
    vi.stubEnv('KUBECONFIG', path);

    const error = await failure(loadDefaultKubeConfig());
    write('config', KUBECONFIG);

    expect(error.kind).toBe('credentials');
    expect(error.message).toContain(`ENOENT in open (${path})`);
    expect((await loadDefaultKubeConfig()).getCurrentContext()).toBe('x');
  });

  it('is refused with the sentence of the module that could not be loaded', async () => {
    vi.stubEnv('KUBECONFIG', write('config', KUBECONFIG));
    const why = new LockError('install this', { kind: 'credentials' });

    expect(await failure(loadDefaultKubeConfig({ loadModule: () => Promise.reject(why) }))).toBe(
      why,
    );
  });

  it('that is not valid is reported by its line, never by its text', async () => {
    const broken = KUBECONFIG.replace('token: marked-secret', 'token: "marked-secret');
    vi.stubEnv('KUBECONFIG', write('config', broken));

    const error = await failure(loadDefaultKubeConfig());

    expect(error.message).toMatch(/not valid YAML in line \d+/);
    expect(everythingShown(error)).not.toContain('marked-secret');
  });
});

describe('the default namespace', () => {
  const inContext = (namespace?: string) => kubeConfig({ server: 'http://x' }, {}, { namespace });

  it.each([
    ['the context', 'the context and the pod', 'staging', 'ci-runners\n', 'staging'],
    ['the context', 'the context alone', ' staging\n', null, 'staging'],
    ['the pod', 'the pod alone', undefined, 'ci-runners\n', 'ci-runners'],
    ['the pod', 'the pod, and the context an empty one', '', 'ci-runners', 'ci-runners'],
    ['nobody', 'nobody', undefined, null, 'default'],
    ['nobody', 'nobody, and both are blank', ' ', '\n', 'default'],
  ])('is that of %s where it is named by %s', async (_, __, ofContext, ofPod, expected) => {
    const file = ofPod === null ? join(directory, 'missing') : write('namespace', ofPod);

    expect(await defaultNamespace(inContext(ofContext), file)).toBe(expected);
  });

  it("is the pod's for the service account", async () => {
    const config = new KubeConfig();
    mkdirSync(join(directory, 'var/run/secrets/kubernetes.io/serviceaccount'), { recursive: true });
    const file = write('var/run/secrets/kubernetes.io/serviceaccount/namespace', 'jobs\n');
    config.loadFromCluster(directory);

    expect(await defaultNamespace(config, file)).toBe('jobs');
  });

  it('is refused when no namespace can have that name, before it gets into a path', async () => {
    const error = await failure(defaultNamespace(inContext('../kube-system; reboot'), 'missing'));

    expect(error.kind).toBe('credentials');
    expect(error.message).toContain('the context "test" gives: it must be a DNS-1123 label');
  });
});
