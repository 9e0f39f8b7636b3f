import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCli, type BuiltCli } from '../cli/support/built-cli.js';
import { CliProcess } from '../cli/support/cli-process.js';
import { ensureKubectl } from '../kubectl/build.js';
import { describeWithApiServer } from '../support/shared-api-server.js';
import { fleetOn, SHORT } from './fleet/setup.js';

const run = promisify(execFile);

interface StoredEvent {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly involvedObject: Readonly<Record<string, string>>;
  readonly message: string;
  readonly firstTimestamp: string;
}

describeWithApiServer('Events, read with kubectl from a real API server', (server) => {
  let program: string;
  let admin: string;
  let cli: BuiltCli;

  beforeAll(async () => {
    program = await ensureKubectl();
    admin = await server().writeKubeConfig('admin');
    cli = await buildCli();
  });

  afterAll(() => {
    cli.dispose();
  });

  async function kubectl(...args: string[]): Promise<string> {
    const { stdout } = await run(program, ['--kubeconfig', admin, '--namespace', 'e2e', ...args]);
    return stdout;
  }

  async function eventsOf(kind: string, name: string): Promise<StoredEvent[]> {
    const about = `involvedObject.kind=${kind},involvedObject.name=${name}`;
    const text = await kubectl('get', 'events', '--field-selector', about, '--output', 'json');
    const { items } = JSON.parse(text) as { items: StoredEvent[] };
    // The name ends with the nanoseconds, so that this is the order in which they were made.
    return items.sort((a, b) => a.metadata.name.localeCompare(b.metadata.name));
  }

  it.each([
    ['lease', 'Lease', 'coordination.k8s.io/v1'],
    ['configmap', 'ConfigMap', 'v1'],
  ] as const)('tell of a fail-over on a %s', async (kind, involved, apiVersion) => {
    await using fleet = await fleetOn(server(), kind, SHORT);
    const name = fleet.lockName;
    for (const who of ['a', 'b']) await fleet.start(who, { events: true });
    const first = await fleet.nextLeader(0, 10_000);
    const killedAt = await fleet.kill(first.who);
    const second = await fleet.nextLeader(killedAt, 15_000);
    await fleet.stop(second.who);

    const events = await eventsOf(involved, name);

    // Who is killed says nothing.
    expect(events.map(({ message }) => message)).toEqual([
      `${first.who} became leader`,
      `${second.who} became leader`,
      `${second.who} stopped leading`,
    ]);
    const [resource, uid] = [
      kind,
      await kubectl('get', kind, name, '-o', 'jsonpath={.metadata.uid}'),
    ];
    for (const event of events) {
      expect(event).toMatchObject({
        involvedObject: { kind: involved, apiVersion, namespace: 'e2e', name, uid },
        reason: 'LeaderElection',
        type: 'Normal',
        count: 1,
        source: { component: 'k8s-leader-election' },
        reportingComponent: 'k8s-leader-election',
      });
      expect(event.involvedObject['resourceVersion']).toMatch(/^\d+$/);
      expect(Date.now() - Date.parse(event.firstTimestamp)).toBeLessThan(60_000);
    }
    const table = await kubectl('get', 'events', '--field-selector', `involvedObject.name=${name}`);
    console.log(table);
    expect(table).toMatch(
      new RegExp(`Normal +LeaderElection +${resource}/${name} +${second.who} stopped leading`),
    );
    const described = await kubectl('describe', resource, name);
    expect(described).toMatch(
      new RegExp(`Normal +LeaderElection +.+ k8s-leader-election +${first.who} became leader`),
    );
  });

  describe('where the right to create events is missing', () => {
    it('one line says so, with what to grant, and the election goes on', async () => {
      const user = 'nobody';
      const lock = { apiGroups: ['coordination.k8s.io'], resources: ['leases'] };
      await server().createNamespace('e2e');
      await server().grant(user, 'e2e', [
        { ...lock, verbs: ['create'] },
        { ...lock, verbs: ['get', 'update', 'watch'] },
      ]);
      const name = 'without-events';
      const kubeconfig = await server().writeKubeConfig(user);
      const started = new CliProcess(cli.script, [
        ...['run', '--events', '--lease', name, '-n', 'e2e', '--kubeconfig', kubeconfig],
        ...['--restart', '--retry-period', '1', '--', 'sh', '-c', 'sleep 0.2; echo worked'],
      ]);
      await started.printed('worked\nworked\n', 30_000);
      started.kill('SIGTERM');
      await started.exitCode;

      const lines = started.stderr.split('\n').filter((line) => / (warn|error) /.test(line));
      expect(lines).toEqual([
        expect.stringContaining(
          'Events are not written any more, for want of a right; the election goes on: ' +
            `Event about Lease e2e/${name}: user "${user}" is missing the verb "create" on events ` +
            'in namespace "e2e" (HTTP 403 Forbidden). Add this Role and bind it:',
        ),
      ]);
      expect(started.stderr).toContain('resources: ["events"]\n    verbs: ["create"]');
      expect(await eventsOf('Lease', name)).toEqual([]);
    });
  });
});
