import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { History } from '../../src/inspect/page/history.js';
import { buildCli, type BuiltCli } from '../cli/support/built-cli.js';
import { CliProcess } from '../cli/support/cli-process.js';
import { until } from '../cli/support/processes.js';
import { Fleet } from '../e2e/fleet/fleet.js';
import { ensureClientGoCandidate } from '../peers/client-go/build.js';
import { describeWithApiServer } from '../support/shared-api-server.js';
import { describeWithBrowser, openPage } from './support/browser.js';
import { StreamReader } from './support/reports.js';

const NAMESPACE = 'watched';
const TIMINGS = { leaseDurationSeconds: 4, renewDeadlineSeconds: 3, retryPeriodSeconds: 1 };
const PODS = `/api/v1/namespaces/${NAMESPACE}/pods`;
const EVENTS = `/api/v1/namespaces/${NAMESPACE}/events`;
/** Too seldom for what is told in the meantime to have been read. */
const NEVER = ['--interval', '600'];

describeWithBrowser('the live page of a lock, from the cluster alone', (browser) => {
  describeWithApiServer('beside candidates of client-go and of ours', (server) => {
    let cli: BuiltCli;
    let kubeConfigPath: string;
    const running: CliProcess[] = [];
    const fleets: Fleet[] = [];

    beforeAll(async () => {
      cli = await buildCli();
      await server().createNamespace(NAMESPACE);
      const all = { apiGroups: ['', 'coordination.k8s.io'], verbs: ['get', 'list', 'watch'] };
      const resources = ['leases', 'events', 'pods'];
      await server().grant('reader', NAMESPACE, [{ ...all, resources }]);
      kubeConfigPath = await server().writeKubeConfig('admin');
    });

    afterEach(async () => {
      for (const { child } of running.splice(0)) child.kill('SIGKILL');
      for (const fleet of fleets.splice(0)) await fleet[Symbol.asyncDispose]();
    });

    afterAll(() => cli.dispose());

    async function watching(user: string, name: string, ...flags: string[]): Promise<CliProcess> {
      const kubeconfig = await server().writeKubeConfig(user, { namespace: NAMESPACE });
      const args = ['watch', name, '--inspect', '--kubeconfig', kubeconfig, ...flags];
      const run = new CliProcess(cli.script, args);
      running.push(run);
      await run.printed('The live page');
      return run;
    }

    const urlOf = ({ stdout }: CliProcess): string =>
      /http:\/\/127\.0\.0\.1:\d+\/[\w-]+\//.exec(stdout)?.[0] ?? '';

    function fleet(name: string, program: string | null): Fleet {
      const lock = { kubeConfigPath, kind: 'lease', namespace: NAMESPACE, name } as const;
      const made = new Fleet({ ...lock, ...TIMINGS }, program === null ? null : [program]);
      fleets.push(made);
      return made;
    }

    async function pod(name: string, phase: string): Promise<void> {
      const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'the-set' };
      const metadata = { name, ownerReferences: [{ ...owner, controller: true }] };
      const spec = { containers: [{ name: 'web', image: 'web' }] };
      const made = await server().request('admin', 'POST', PODS, { metadata, spec });
      expect(made.status).toBe(201);
      const body = { ...(made.body as object), status: { phase } };
      const { status } = await server().request('admin', 'PUT', `${PODS}/${name}/status`, body);
      expect(status).toBe(200);
    }

    async function event(lock: string, message: string): Promise<void> {
      const metadata = { name: `${lock}.${randomUUID()}` };
      const involvedObject = { kind: 'Lease', namespace: NAMESPACE, name: lock };
      const body = { metadata, involvedObject, reason: 'LeaderElection', type: 'Normal', message };
      expect((await server().request('admin', 'POST', EVENTS, body)).status).toBe(201);
    }

    /** What the page knows of it, in the order of its terms: who has led, and how it ended. */
    const termsOf = (reader: StreamReader): string[] => {
      const history = new History();
      for (const message of reader.messages) history.apply(message);
      return history.steps.flatMap(({ candidate, news, view }) =>
        news
          .filter(({ type }) => ['tookLock', 'foundHolding', 'released', 'lapsed'].includes(type))
          .map(({ type }) => {
            const name = history.candidate(candidate)?.info.name ?? '?';
            return `${name} ${type} ${view.term?.fencingToken ?? ''}`.trim();
          }),
      );
    };

    it('shows who holds it and who did, of either library', async () => {
      const name = `lock-${randomUUID().slice(0, 8)}`;
      const go = fleet(name, await ensureClientGoCandidate());
      const own = fleet(name, null);
      for (const [one, phase] of [
        ['go-ann', 'Running'],
        ['own-ben', 'Running'],
        ['web-2', 'Pending'],
      ] as const) {
        await pod(one, phase);
      }
      await go.start('go-ann');
      await go.nextLeader(0, 20_000);
      const run = await watching('reader', name, ...NEVER);
      const { page, faults } = await openPage(browser(), urlOf(run));
      const reader = await StreamReader.open(urlOf(run));
      const headline = page.locator('#headlines');
      const card = (identity: string) => page.locator(`.card[data-name="${identity}"]`);
      await expect.poll(() => headline.textContent()).toMatch(/^go-ann leads for /);
      await expect
        .poll(() => card('go-ann').locator('.says').textContent())
        .toMatch(/^Holds the lock\. Its pod: Running\. Its lease runs for \d\.\d s more\.$/);
      await expect
        .poll(() => card('web-2').locator('.says').textContent())
        .toBe(
          'A pod beside that of the holder: Pending. Whether it competes, the cluster does not tell.',
        );
      expect(await page.locator('#chart').isHidden()).toBe(true);
      const ring = card('go-ann').locator('[data-ring="leaseDuration"]');
      expect(Number(await ring.getAttribute('data-remaining'))).toBeGreaterThan(0);

      await event(name, 'go-ann became leader');
      await expect
        .poll(() => page.locator('#entries').textContent())
        .toContain('Says in an Event: became leader');

      // A clean hand-over to ours, and then a crash.
      await own.start('own-ben');
      await go.stop('go-ann');
      await expect
        .poll(() => headline.textContent(), { timeout: 60_000 })
        .toMatch(/^own-ben leads/);
      expect(await card('go-ann').locator('.says').textContent()).toContain(
        'Has given the lock back.',
      );
      await go.start('go-eve');
      await own.kill('own-ben');
      await expect.poll(() => headline.textContent()).toMatch(/^go-eve leads/);
      await expect
        .poll(() => page.locator('.term').allTextContents())
        .toEqual(['transition 0', 'transition 1', 'transition 2']);
      const took = termsOf(reader).filter((text) => !text.endsWith('lapsed'));
      expect(took).toEqual([
        'go-ann foundHolding 0',
        'go-ann released',
        'own-ben tookLock 1',
        'go-eve tookLock 2',
      ]);
      expect(faults).toEqual([]);
      expect(run.stderr).toBe('');
      reader.close();
      await page.close();
      run.kill('SIGINT');
      expect(await run.exitCode).toBe(0);
    });

    it('goes on without pods and Events where they may not be seen', async () => {
      const name = `lock-${randomUUID().slice(0, 8)}`;
      const own = fleet(name, null);
      await own.start('own-ann');
      await own.nextLeader(0, 20_000);
      const run = await watching('candidate', name);
      const reader = await StreamReader.open(urlOf(run));
      await until('a word on both', () => run.stderr.trim().split('\n').length === 2);
      const said = run.stderr.replaceAll(/^\S+ /gm, '').trim().split('\n').sort();
      expect(said).toEqual([
        'This account may not watch events in namespace "watched" (HTTP 403): the page goes without.',
        'This account may not watch pods in namespace "watched" (HTTP 403): the page goes without.',
      ]);
      await until('the holder', () => termsOf(reader).length === 1);
      const [step] = reader.steps;
      expect(step?.view).toMatchObject({ state: 'holds', says: 'Holds the lock.' });
      expect(reader.bytes).not.toContain(server().user('candidate').token);
      reader.close();
    });

    it('says that the API server does not answer, and then who leads', async () => {
      const name = `lock-${randomUUID().slice(0, 8)}`;
      const go = fleet(name, await ensureClientGoCandidate());
      await go.start('go-ann');
      await go.nextLeader(0, 20_000);
      const run = await watching('reader', name, '--interval', '0.5');
      const { page } = await openPage(browser(), urlOf(run));
      const headline = page.locator('#headlines');
      await expect.poll(() => headline.textContent()).toMatch(/^go-ann leads for /);
      await server().killApiServer();
      await expect
        .poll(() => headline.textContent(), { timeout: 60_000 })
        .toMatch(/^Who leads is not known: the API server cannot be reached/);
      await server().startApiServerAgain();
      await go.start('go-ben');
      await expect
        .poll(() => headline.textContent(), { timeout: 60_000 })
        .toMatch(/^go-\w+ leads for /);
      await page.close();
    });
  });
});
