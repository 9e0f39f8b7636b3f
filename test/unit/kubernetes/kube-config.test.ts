import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

    expect(await failure(loadDefaultKubeConfig(() => Promise.reject(why)))).toBe(why);
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
  const inStaging = kubeConfig({ server: 'http://x' }, {}, { namespace: 'staging' });

  it("is the pod's own", async () => {
    const file = write('namespace', 'production\n');

    expect(await defaultNamespace(inStaging, file)).toBe('production');
  });

  it("is the context's outside a pod", async () => {
    expect(await defaultNamespace(inStaging, join(directory, 'missing'))).toBe('staging');
  });

  it.each([undefined, ''])('is `default` when the context has %j', async (namespace) => {
    const config = kubeConfig({ server: 'http://x' }, {}, { namespace });

    expect(await defaultNamespace(config, join(directory, 'missing'))).toBe('default');
  });
});
