import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadAllYaml } from '@kubernetes/client-node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LOCK_KINDS } from '../../src/lock/lock-kinds.js';
import { rbacManifest } from '../../src/cli/check/manifest.js';
import type { CliProcess } from '../cli/support/cli-process.js';
import { until } from '../cli/support/processes.js';
import { RunStage } from '../cli/support/run-stage.js';
import { findFreePort } from '../support/free-port.js';
import { describeWithApiServer } from '../support/shared-api-server.js';
import { ROOT } from './support/markdown.js';

const FOLDER = join(ROOT, 'docs/examples/manifests');
const FILES = readdirSync(FOLDER);
const NAMESPACE = 'production';

interface Container {
  readonly name: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly restartPolicy?: string;
}

interface PodSpec {
  readonly serviceAccountName: string;
  readonly terminationGracePeriodSeconds: number;
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
}

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec?: {
    readonly template?: { readonly spec: PodSpec };
    readonly jobTemplate?: { readonly spec: { readonly template: { readonly spec: PodSpec } } };
  };
}

const manifests = (file: string): Manifest[] =>
  loadAllYaml(readFileSync(join(FOLDER, file), 'utf8')) as Manifest[];

/** The pod that a file describes. */
function podOf(file: string): PodSpec {
  for (const { spec } of manifests(file)) {
    const pod = (spec?.template ?? spec?.jobTemplate?.spec.template)?.spec;
    if (pod !== undefined) return pod;
  }
  throw new Error(`${file} has no pod`);
}

/** The container that runs the command line, and what comes after `run`. */
function runOf(file: string): { readonly container: Container; readonly args: string[] } {
  const { containers, initContainers = [] } = podOf(file);
  const container = [...containers, ...initContainers].find(({ args }) => args?.[0] === 'run');
  if (container?.args === undefined) throw new Error(`${file} has no container with "run"`);
  return { container, args: container.args.slice(1) };
}

/** Where objects of a kind are created. */
function collectionOf({ apiVersion, kind, metadata }: Manifest): string {
  const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return `${base}/namespaces/${metadata.namespace}/${kind.toLowerCase()}s`;
}

describeWithApiServer('the example manifests', (server) => {
  beforeAll(() => server().createNamespace(NAMESPACE));

  it.each(FILES)(
    'of %s are accepted by a real API server, which knows each field',
    async (file) => {
      const objects = manifests(file);
      expect(objects.length).toBeGreaterThan(0);
      for (const object of objects) {
        const path = `${collectionOf(object)}?dryRun=All&fieldValidation=Strict`;
        const { status, body } = await server().request('admin', 'POST', path, object);
        expect([object.kind, status, status === 201 ? '' : body]).toEqual([object.kind, 201, '']);
      }
    },
  );

  it('are refused when they have a field that is unknown', async () => {
    const deployment = manifests('deployment.yaml').find(({ kind }) => kind === 'Deployment')!;
    const wrong = { ...deployment, spec: { ...deployment.spec, replica: 3 } };
    const path = `${collectionOf(deployment)}?dryRun=All&fieldValidation=Strict`;
    const { status, body } = await server().request('admin', 'POST', path, wrong);
    expect(status).toBe(400);
    expect(JSON.stringify(body)).toContain('unknown field');
  });
});

describe('the example manifests', () => {
  it('give the rights that the command `check` prints', () => {
    const target = { namespace: NAMESPACE, name: 'data-processor', ...LOCK_KINDS.lease };
    const subject = {
      kind: 'ServiceAccount',
      name: 'data-processor',
      namespace: NAMESPACE,
    } as const;
    const printed = loadAllYaml(rbacManifest(target, subject));
    const [, role, binding] = manifests('deployment.yaml');
    expect([role, binding]).toEqual(printed);
  });

  it.each(FILES)('of %s leave more time to end than draining takes by default', (file) => {
    // 20 s each: drainTimeoutSeconds, and --grace of `run`.
    expect(podOf(file).terminationGracePeriodSeconds).toBeGreaterThan(20);
  });

  it('name the sidecar where Kubernetes keeps it until the program has ended', () => {
    const { container } = runOf('sidecar.yaml');
    expect(podOf('sidecar.yaml').initContainers).toContainEqual(container);
    expect(container.restartPolicy).toBe('Always');
  });
});

describe('the commands of the example manifests', () => {
  let stage: RunStage;

  beforeAll(async () => {
    stage = await RunStage.set();
    for (const script of ['import.sh', 'report.sh']) {
      const text = `#!/bin/sh\necho "${script} as $LEADER_ELECTION_IDENTITY"\n`;
      const waits = script === 'import.sh' ? 'exec sleep 1000\n' : '';
      writeFileSync(join(stage.directory, script), text + waits, { mode: 0o755 });
    }
  });

  afterEach(() => {
    stage.clear();
  });

  afterAll(() => stage[Symbol.asyncDispose]());

  /** As a container would: with its variables, and on a port of its own. */
  const start = async (file: string): Promise<{ run: CliProcess; url: string }> => {
    const port = await findFreePort();
    const args = runOf(file).args.map((arg) =>
      arg.replace('$(POD_NAME)', 'a-pod').replace(/:4040$/, `:${port}`),
    );
    const run = stage.start(args, { cwd: stage.directory, env: { POD_NAME: 'a-pod' } });
    return { run, url: `http://127.0.0.1:${port}` };
  };

  it('any-language.yaml: the program runs while its pod leads, and the lock is given back', async () => {
    const { run, url } = await start('any-language.yaml');
    await run.printed('import.sh as a-pod_');
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    run.kill('SIGTERM');
    await run.exitCode;
    expect(stage.holderOf('mail-importer')).toBe('');
  });

  it('sidecar.yaml: the program beside it is told by whom it is led', async () => {
    const { run, url } = await start('sidecar.yaml');
    await until('the name of the pod', async () => {
      const response = await fetch(url).catch(() => null);
      return response !== null && (await response.text()) === '{"name":"a-pod"}';
    });
    run.kill('SIGTERM');
    expect(await run.exitCode).toBe(0);
    expect(stage.holderOf('price-feed')).toBe('');
  });

  it('cron-job.yaml: the job ends as its command does, and gives the lock back', async () => {
    const { run } = await start('cron-job.yaml');
    expect(await run.exitCode).toBe(0);
    expect(run.stdout).toContain('report.sh as a-pod_');
    expect(stage.holderOf('nightly-report')).toBe('');
  });
});
