import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { expect, it, type TestContext } from 'vitest';
import { startEmbeddedApiServer } from '../../src/testing.js';
import { ROOT } from '../docs/support/markdown.js';
import { describeWithPromtool } from './support/describe-with-promtool.js';
import { promtool } from './support/promtool.js';
import { Pod, Recording } from './support/recording.js';

/** The alerts that fire at that second, each as often as it fires. */
type Firing = (second: number) => readonly string[];

/** Lets promtool play the recording to the rules, and look at the alerts at each second. */
async function checkAlerts(
  path: string,
  recording: Recording,
  { onTestFinished }: TestContext,
  firing: Firing,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'alerts-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const file = join(directory, 'test.yaml');
  const seconds = Array.from({ length: recording.length }, (_, second) => second);
  const test = {
    rule_files: [join(ROOT, 'docs/prometheus/alerts.yaml')],
    evaluation_interval: '1s',
    tests: [
      {
        interval: '1s',
        input_series: recording.inputSeries,
        promql_expr_test: seconds.map((second) => ({
          expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
          eval_time: `${second}s`,
          exp_samples: firing(second).map((name) => ({
            labels: `{alertname="${name}"}`,
            value: 1,
          })),
        })),
      },
    ],
  };
  await writeFile(file, JSON.stringify(test));
  const { code, text } = await promtool(path, ['test', 'rules', file]);
  expect(text).toContain('SUCCESS');
  expect(code).toBe(0);
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
      await checkAlerts(path, recording, context, (second) =>
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
      await checkAlerts(path, recording, context, (second) => {
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
      await checkAlerts(path, recording, context, () => []);
    },
    120_000,
  );
});
