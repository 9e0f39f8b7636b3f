import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { deafWork, Incident, outage, PrintedLines } from './support/log-lines.js';
import { readPage } from './support/markdown.js';

/** The lines that the page quotes. */
function quotedLines(): string[] {
  const blocks = readPage('docs/operations.md').matchAll(/<!-- log -->\n\n *```text\n([^]*?)```/g);
  return [...blocks].flatMap(([, text = '']) =>
    text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== ''),
  );
}

/*
 * The log lines of the runbook are what is printed in just these situations: each is brought about
 * here, on the embedded API server.
 */
describe('the log lines in docs/operations.md', () => {
  let printed: PrintedLines;

  beforeAll(async () => {
    printed = new PrintedLines();
    await missingRights();
    await refusedByAdmission();
    await lostLeaderships();
    await workThatGoesOn();
    await outage(45);
  }, 60_000);

  afterAll(() => {
    vi.restoreAllMocks();
  });

  async function missingRights(): Promise<void> {
    {
      await using incident = await Incident.begin();
      incident.server.deny({ resource: 'leases' });
      incident.join();
      await printed.print('missing the verb "get"');
      await printed.print('missing the verb "watch"');
    }
    {
      await using incident = await Incident.begin();
      incident.join({}, 'unknown');
      await printed.print('refused the credentials');
    }
    {
      await using incident = await Incident.begin({ namespaces: [] });
      incident.join();
      await printed.print('does not exist');
    }
    {
      await using incident = await Incident.begin();
      await incident.server.close();
      incident.join();
      await printed.print('tried again: Lease production/data-processor: cannot reach');
    }
  }

  async function refusedByAdmission(): Promise<void> {
    for (const reason of [
      'admission webhook "leases.policy.example.com" denied the request: label "team" is missing',
      'leases.coordination.k8s.io "data-processor" is forbidden: exceeded quota: objects, ' +
        'requested: count/leases.coordination.k8s.io=1, used: count/leases.coordination.k8s.io=10, ' +
        'limited: count/leases.coordination.k8s.io=10',
    ]) {
      await using incident = await Incident.begin();
      incident.refuse(reason);
      incident.join();
      await printed.print(reason);
    }
  }

  async function lostLeaderships(): Promise<void> {
    {
      await using incident = await Incident.begin();
      await incident.lead();
      incident.rewrite('somebody');
      await printed.print('in other hands');
    }
    {
      await using incident = await Incident.begin();
      await incident.lead();
      incident.write({ kind: 'reset' });
      await printed.print('Takes no part in the election any more: no renewal');
    }
    {
      await using incident = await Incident.begin();
      const work = () => Promise.reject(new Error('the database is away'));
      incident.join({ onStartedLeading: work, onLost: 'rejoin' });
      await printed.print('onStartedLeading failed');
    }
  }

  async function workThatGoesOn(): Promise<void> {
    for (const [cause, line] of [
      ['stop', 'drainTimeoutSeconds'],
      ['loss', 'The work of a lost term'],
    ] as const) {
      const { work, end } = deafWork();
      await using incident = await Incident.begin();
      const leader = await incident.lead({ onStartedLeading: work, drainTimeoutSeconds: 0 });
      if (cause === 'stop') void leader.stop();
      else incident.write({ kind: 'reset' });
      await printed.print(line);
      end();
    }
  }

  it('are of some number', () => {
    expect(quotedLines().length).toBeGreaterThan(10);
  });

  it.each(quotedLines())('are printed: %s', (line) => {
    expect(printed.all).toContain(line);
  });
});
