import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { connectInspector, inspectElection, startInspector } from '../../src/inspect.js';
import { builtProgram } from '../support/built-program.js';
import { embeddedFleet } from './support/candidates.js';
import { StreamReader } from './support/reports.js';

const PROGRAM = fileURLToPath(new URL('./support/reporting-process.ts', import.meta.url));

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

async function start(...args: string[]): Promise<ChildProcess> {
  const child = fork(await builtProgram(PROGRAM), args, { stdio: 'inherit' });
  children.push(child);
  return child;
}

describe('several processes that report to one live chart', () => {
  it('are shown side by side, and end in their own time', async () => {
    await using fleet = await embeddedFleet();
    fleet.server.addToken('token-of-others', 'others');
    const kubeConfig = fleet.server.kubeConfig({ token: 'token-of-others' });
    await using inspector = await startInspector();
    const stream = await StreamReader.open(inspector.url);
    const [ada, bob] = await Promise.all(
      ['ada', 'bob'].map((name) => start(inspector.url, kubeConfig, name)),
    );
    await expect
      .poll(() => inspector.candidates.map(({ name }) => name).sort(), { timeout: 60_000 })
      .toEqual(['ada', 'bob']);
    const pids = inspector.candidates.map(({ pid }) => pid);
    expect(new Set(pids)).toEqual(new Set([ada?.pid, bob?.pid]));
    await expect.poll(() => stream.steps.some(({ view }) => view.leads)).toBe(true);
    const ended = [ada, bob].map(
      (child) => new Promise((resolve) => child?.once('exit', (code) => resolve(code))),
    );
    // Told to stop, a candidate has nothing left to do: reporting does not keep it running.
    for (const child of [ada, bob]) child?.send('stop');
    expect(await Promise.all(ended)).toEqual([0, 0]);
    const gone = () =>
      stream.messages.flatMap((one) => one.reports).filter((one) => one.kind === 'gone');
    await expect.poll(() => gone().length).toBe(2);
    const last = inspector.candidates.map(({ id }) =>
      stream.steps.findLast((s) => s.candidate === id),
    );
    expect(last.map((step) => step?.view.state)).toEqual(['stopped', 'stopped']);
    stream.close();
  });

  it('introduce their candidates anew to a live chart that was started again', async () => {
    await using fleet = await embeddedFleet();
    const token = 'a-token-for-this-test';
    const first = await startInspector({ token });
    const port = Number(new URL(first.url).port);
    await using connection = connectInspector({ url: first.url });
    const ada = fleet.candidate('ada');
    connection.attach(ada);
    await expect.poll(() => first.candidates.length).toBe(1);
    await first.close();
    await using again = await startInspector({ token, port });
    await ada.acquire();
    await expect
      .poll(() => again.candidates.map(({ name }) => name), { timeout: 60_000 })
      .toEqual(['ada']);
  });
});

describe('inspectElection', () => {
  it('shows all elections of a process in one live chart, and a new one after it was closed', async () => {
    await using fleet = await embeddedFleet();
    const one = await inspectElection(fleet.candidate('ada'));
    const same = await inspectElection(fleet.candidate('bob'), { name: 'pod-b' });
    expect(same).toBe(one);
    expect(one.candidates.map(({ name }) => name)).toEqual(['ada', 'pod-b']);
    await one.close();
    await using other = await inspectElection(fleet.candidate('eve'));
    expect(other.url).not.toBe(one.url);
    expect(other.candidates.map(({ name }) => name)).toEqual(['eve']);
  });
});
