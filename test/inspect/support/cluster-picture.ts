import type { Browser, Page } from 'playwright-core';
import { buildCli } from '../../cli/support/built-cli.js';
import { CliProcess } from '../../cli/support/cli-process.js';
import { Fleet } from '../../e2e/fleet/fleet.js';
import { ensureClientGoCandidate } from '../../peers/client-go/build.js';
import type { RunningApiServer } from '../../support/real-api-server.js';
import { openPage, type PageOptions } from './browser.js';

const NAMESPACE = 'watched';
const LOCK = 'data-processor';
const TIMINGS = { leaseDurationSeconds: 15, renewDeadlineSeconds: 10, retryPeriodSeconds: 2 };
const podName = (end: string): string => `data-processor-7d4b9c6f5-${end}`;
const [GO, OWN, OTHER, WAITS] = ['go4kq', 'node7', 'go9tz', 'node2'].map(podName) as [
  ...[string, string, string, string],
];

/**
 * What `watch NAME --inspect` shows of candidates of client-go and of ours, which take turns on a real
 * API server: a leader in Go is told to stop, ours follows it, and stops for another one in Go.
 */
export async function pictureFromCluster(
  server: RunningApiServer,
  browser: Browser,
  size: PageOptions,
  take: (page: Page, name: string) => Promise<void>,
): Promise<void> {
  await server.createNamespace(NAMESPACE);
  const cli = await buildCli();
  const kubeConfigPath = await server.writeKubeConfig('admin', { namespace: NAMESPACE });
  const lock = { kubeConfigPath, kind: 'lease', namespace: NAMESPACE, name: LOCK } as const;
  await using go = new Fleet({ ...lock, ...TIMINGS }, [await ensureClientGoCandidate()]);
  await using own = new Fleet({ ...lock, ...TIMINGS });
  for (const name of [GO, OWN, OTHER, WAITS]) await runPod(server, name);
  await go.start(GO);
  await go.nextLeader(0, 30_000);
  const args = ['watch', LOCK, '--inspect', '--kubeconfig', kubeConfigPath];
  const run = new CliProcess(cli.script, args);
  try {
    await run.printed('The live page');
    const [url = ''] = /http:\/\/127\.0\.0\.1:\d+\/[\w-]+\//.exec(run.stdout) ?? [];
    const { page } = await openPage(browser, url, size);
    const leads = (name: string): Promise<void> =>
      page.locator(`.card.leads[data-name="${name}"]`).waitFor({ timeout: 60_000 });
    const headline = (text: string): Promise<void> =>
      page.locator('.headline').filter({ hasText: text }).waitFor({ timeout: 60_000 });
    await leads(GO);
    await own.start(OWN);
    await go.stop(GO);
    await leads(OWN);
    await headline('leads for 4');
    await go.start(OTHER);
    await own.stop(OWN);
    await leads(OTHER);
    await headline('leads for 6');
    await take(page, 'cluster');
    await page.close();
  } finally {
    run.kill('SIGKILL');
    await run.exitCode;
    cli.dispose();
  }
}

/** A pod as its kubelet would tell of it: there is none here. */
async function runPod(server: RunningApiServer, name: string): Promise<void> {
  const path = `/api/v1/namespaces/${NAMESPACE}/pods`;
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: LOCK, uid: 'the-set' };
  const metadata = { name, ownerReferences: [{ ...owner, controller: true }] };
  const spec = { containers: [{ name: LOCK, image: LOCK }] };
  const { body } = await server.request('admin', 'POST', path, { metadata, spec });
  const running = { ...(body as object), status: { phase: 'Running' } };
  const { status } = await server.request('admin', 'PUT', `${path}/${name}/status`, running);
  if (status !== 200) throw new Error(`Pod ${name} was not stored: HTTP ${status}`);
}
