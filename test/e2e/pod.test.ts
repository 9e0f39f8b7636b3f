import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildCli, type BuiltCli } from '../cli/support/built-cli.js';
import { CliProcess } from '../cli/support/cli-process.js';
import { CANDIDATE_RULES } from '../support/api-server-rbac.js';
import type { AuditEvent, RunningApiServer } from '../support/api-server-types.js';
import { podCommand, podEnvironment, whyNoPods, type PodOptions } from '../support/pod.js';
import { report } from '../support/progress.js';
import { findMissingTool } from '../support/build-apiserver.js';
import { startRealApiServer } from '../support/real-api-server.js';
import { API_SERVER_TIMEOUT_MILLIS } from '../support/shared-api-server.js';
import { makeAuthority } from '../unit/kubernetes/support/certificates.js';

const NAMESPACE = 'pods';
const ACCOUNT = 'runner';
const USER = `system:serviceaccount:${NAMESPACE}:${ACCOUNT}`;
const ACCOUNTS = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`;
const LEASES = `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases`;
/** Long enough that nothing here ends a term but what should. */
const TIMINGS = ['--lease-duration', '40', '--renew-deadline', '35', '--retry-period', '1'];

const packages = ['@kubernetes', '@statelyai'].map((scope) =>
  fileURLToPath(new URL(`../../node_modules/${scope}`, import.meta.url)),
);

interface Lease {
  readonly spec: {
    readonly holderIdentity: string;
    readonly renewTime: string;
    readonly leaseTransitions: number;
  };
}

const missing = whyNoPods() ?? (await findMissingTool())?.message;
if (missing !== undefined) report(`SKIPPED "in a pod": ${missing}`);

describe.skipIf(missing !== undefined)('in a pod, on a real API server', () => {
  const directory = mkdtempSync(join(tmpdir(), 'k8s-leader-election-pod-'));
  const file = (name: string): string => join(directory, name);
  const started: CliProcess[] = [];
  let built: BuiltCli;
  let server: RunningApiServer;
  let pod: PodOptions;
  let lastName = 0;

  /** What the server shows to whoever calls it by this name, from its next start on. */
  function certify(name: string): void {
    const authority = makeAuthority(name);
    const { cert, key } = authority.issue('kube-apiserver', ['localhost']);
    writeFileSync(file('server.crt'), cert);
    writeFileSync(file('server.key'), key);
    writeFileSync(file('ca.crt'), authority.cert);
  }

  async function mountToken(): Promise<string> {
    const token = await server.serviceAccountToken(NAMESPACE, ACCOUNT);
    writeFileSync(file('token'), token);
    return credentialOf(token);
  }

  function start(args: readonly string[]): CliProcess {
    const cli = new CliProcess(built.script, args, {
      under: podCommand(pod),
      env: podEnvironment(pod),
    });
    started.push(cli);
    return cli;
  }

  /** A command that runs for as long as its candidate leads, and the lease that it leads by. */
  async function lead(): Promise<string> {
    lastName += 1;
    const name = `lock-${lastName}`;
    const cli = start(['run', '--lease', name, ...TIMINGS, '--', 'sleep', '1000']);
    await cli.printed('The command has started', 20_000);
    return name;
  }

  async function read(name: string): Promise<Lease['spec']> {
    const { status, body } = await server.request('admin', 'GET', `${LEASES}/${name}`);
    expect(status).toBe(200);
    return (body as Lease).spec;
  }

  async function isRenewed(name: string, within: number): Promise<void> {
    const { renewTime } = await read(name);
    await expect
      .poll(async () => (await read(name)).renewTime, { timeout: within, interval: 200 })
      .not.toBe(renewTime);
  }

  async function seen(credential: string, code: number): Promise<AuditEvent[]> {
    const events = await server.auditLog();
    return events.filter(
      ({ user, responseStatus, stage }) =>
        stage === 'ResponseComplete' &&
        responseStatus?.code === code &&
        user.extra?.['authentication.kubernetes.io/credential-id']?.includes(credential),
    );
  }

  beforeAll(async () => {
    certify('first CA');
    built = await buildCli();
    const certificate = `--tls-sni-cert-key=${file('server.crt')},${file('server.key')}:localhost`;
    server = await startRealApiServer({ audit: true, apiServerArguments: [certificate] });
    await server.createNamespace(NAMESPACE);
    await server.grant(USER, NAMESPACE, CANDIDATE_RULES);
    writeFileSync(file('namespace'), NAMESPACE);
    await mountToken();
    const { port } = new URL(server.url);
    pod = { host: 'localhost', port, serviceAccount: directory, empty: packages };
  }, API_SERVER_TIMEOUT_MILLIS);

  afterEach(async () => {
    for (const cli of started.splice(0)) {
      cli.kill('SIGTERM');
      await cli.exitCode;
    }
  });

  afterAll(async () => {
    await server.stop();
    built.dispose();
    rmSync(directory, { recursive: true });
  });

  it('a candidate takes part with neither client library nor inspector installed', async () => {
    const check = start(['check', 'report']);

    expect(await check.exitCode).toBe(0);
    expect(check.stderr).toContain(`it knows this account as ${USER}`);
    expect(check.stderr).toContain('A candidate can take part.');
    expect((await read(await lead())).holderIdentity).not.toBe('');
  });

  it('a new token is used soon after it was mounted', async () => {
    const name = await lead();

    const credential = await mountToken();

    await expect.poll(() => seen(credential, 200)).not.toEqual([]);
    expect((await read(name)).leaseTransitions).toBe(0);
  });

  it('a token that is refused is read anew at once, in the same term', async () => {
    const name = await lead();
    await server.request('admin', 'DELETE', `${ACCOUNTS}/${ACCOUNT}`);
    const refusals = async (): Promise<AuditEvent[]> =>
      (await server.auditLog()).filter(({ responseStatus }) => responseStatus?.code === 401);
    await expect.poll(refusals).not.toEqual([]);

    await mountToken();

    await isRenewed(name, 5_000);
    expect((await read(name)).leaseTransitions).toBe(0);
  });

  it('a new CA is trusted, in the same term', async () => {
    const name = await lead();
    await server.killApiServer();
    certify('second CA');
    await server.startApiServerAgain();

    await isRenewed(name, 25_000);
    expect((await read(name)).leaseTransitions).toBe(0);
  });
});

/** As the audit log names a token. */
function credentialOf(token: string): string {
  const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
  return `JTI=${(JSON.parse(payload) as { jti: string }).jti}`;
}
