import { KubeConfig } from '@kubernetes/client-node';
import { expect, it, type TestContext } from 'vitest';
import { startEmbeddedApiServer } from '../../src/testing.js';
import { describeWithPromtool } from './support/describe-with-promtool.js';
import { expectAlerts } from './support/alerts.js';
import { Pod, Recording } from './support/recording.js';

/** The alerts that fire at that second, each as often as it fires. */
type Firing = (second: number) => readonly string[];

async function checkAlerts(path: string, recording: Recording, firing: Firing): Promise<void> {
  const seconds = Array.from({ length: recording.length }, (_, second) => second);
  const expected = Object.fromEntries(seconds.map((second) => [`${second}s`, firing(second)]));
  await expectAlerts(path, '1s', recording.inputSeries, expected);
}

async function fleet({ onTestFinished }: TestContext) {
  const server = await startEmbeddedApiServer();
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromOptions(server.kubeConfigObject());
  const recording = new Recording();
  const join = (name: string): Pod => {
    const pod = new Pod(name, kubeConfig);
    recording.pods.push(pod);
    return pod;
  };
  onTestFinished(async () => {
    server.faults.clear();
    await Promise.all(recording.pods.filter(({ isGone }) => !isGone).map((pod) => pod.stop()));
    await server[Symbol.asyncDispose]();
  });
  // One after the other, so that the first leads.
  for (const name of ['ann', 'ben', 'cleo']) {
    join(name);
    await recording.record(1);
  }
  await recording.record(5);
  return { server, recording, join };
}

/** The seconds in which nobody leads, from the first of them on. */
function gapOf({ leaders }: Recording): { readonly from: number; readonly until: number } {
  const first = leaders.indexOf(1);
  const from = leaders.indexOf(0, first);
  return { from, until: leaders.indexOf(1, from) };
}

/* Recorded from elections on the embedded API server, in real time. */
describeWithPromtool('the alerts, on the recorded series of a fleet', (path) => {
  it.concurrent(
    'of a leader that dies: one failover, and nobody is called',
    async (context) => {
      const { recording } = await fleet(context);
      recording.pods[0]!.crash();
      await recording.record(20);
      const { from, until } = gapOf(recording);
      expect(until - from).toBeGreaterThan(3);
      expect(recording.leaders.slice(until).every((count) => count === 1)).toBe(true);
      await checkAlerts(path, recording, (second) =>
        second < until ? [] : ['LeaderElectionFailover'],
      );
    },
    120_000,
  );

  it.concurrent(
    'of one that nobody can follow: an alert once, until somebody leads',
    async (context) => {
      const { recording, server } = await fleet(context);
      server.faults.add({ fault: { kind: 'hang' } });
      recording.pods[0]!.crash();
      await recording.record(42);
      server.faults.clear();
      await recording.record(15);
      const { from, until } = gapOf(recording);
      expect(until - from).toBeGreaterThan(35);
      expect(recording.leaders.slice(until).every((count) => count === 1)).toBe(true);
      await checkAlerts(path, recording, (second) => {
        if (second >= until) return ['LeaderElectionFailover'];
        return second >= from + 30 ? ['LeaderElectionNobodyLeads'] : [];
      });
    },
    120_000,
  );

  it.concurrent(
    'of a rolling update: none',
    async (context) => {
      const { recording, join } = await fleet(context);
      for (const [index, name] of ['dora', 'emil', 'fay'].entries()) {
        join(name);
        await recording.record(3);
        await recording.pods[index]!.stop();
        await recording.record(3);
      }
      await recording.record(5);
      expect(recording.leaders.at(-1)).toBe(1);
      expect(recording.pods.filter(({ isGone }) => isGone)).toHaveLength(3);
      await checkAlerts(path, recording, () => []);
    },
    120_000,
  );
});
