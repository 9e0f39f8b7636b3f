import { tmpdir } from 'node:os';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addDemo, readDemoOptions } from '../../../../src/cli/commands/demo-command.js';
import type { DemoOptions } from '../../../../src/cli/demo/run-demo.js';
import { Inputs } from '../../../../src/cli/inputs.js';
import { callCli } from '../../../cli/support/call-cli.js';
import { folderOfEachTest } from '../../kubernetes/support/folder.js';

/** What these flags mean. Nothing is started. */
function optionsOf(...argv: string[]): DemoOptions {
  const root = new Command('k8s-leader-election');
  addDemo(root, { script: '' }, () => undefined);
  const demo = root.commands[0]!;
  demo.action(() => undefined);
  root.parse(['demo', ...argv], { from: 'user' });
  const inputs = new Inputs(demo);
  const options = readDemoOptions(inputs);
  inputs.done();
  return options;
}

/** What is said of them: one line for each problem. */
async function problemsOf(...argv: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await callCli('demo', ...argv);
  expect([code, stdout]).toEqual([2, '']);
  const lines = stderr.trim().split('\n');
  expect(lines.pop()).toBe('See k8s-leader-election demo --help.');
  return lines.filter((line) => line !== '').map((line) => line.replace(/^k8s\S+ demo: /, ''));
}

describe('flags of the demo', () => {
  const folder = folderOfEachTest();

  it('without any: three candidates, a Lease, short timings, no cluster', () => {
    expect(optionsOf()).toEqual({
      connection: null,
      namespace: null,
      kind: 'lease',
      timings: { leaseDurationSeconds: 4, renewDeadlineSeconds: 3, retryPeriodSeconds: 1 },
      candidates: 3,
      plain: false,
      inspect: false,
    });
  });

  it('all of them, with a space or an equals sign', () => {
    const kubeconfig = folder.write('config', '');
    const argv = ['--kubeconfig', kubeconfig, '--context=prod', '--namespace', 'team-a'];
    const more = ['--lock=configmap', '--candidates', '9', '--plain', '--lease-duration=15'];
    const rest = ['--renew-deadline', '10.5', '--retry-period', '2', '--inspect'];
    expect(optionsOf(...argv, ...more, ...rest)).toEqual({
      connection: { kind: 'file', file: kubeconfig, context: 'prod' },
      namespace: 'team-a',
      kind: 'configmap',
      timings: { leaseDurationSeconds: 15, renewDeadlineSeconds: 10.5, retryPeriodSeconds: 2 },
      candidates: 9,
      plain: true,
      inspect: true,
    });
  });

  it('a context alone means a real cluster, from the default kubeconfig', () => {
    const connection = { kind: 'file', file: null, context: 'prod' };
    expect(optionsOf('--context', 'prod')).toMatchObject({ connection, namespace: null });
  });

  it.each([
    [['--candidates', '1'], '--candidates must be a whole number from 2 to 9; received "1"'],
    [['--candidates', '10'], '--candidates must be a whole number from 2 to 9; received "10"'],
    [['--candidates', 'two'], '--candidates must be a whole number from 2 to 9; received "two"'],
    [['--lock', 'Lease'], '--lock must be lease or configmap; received "Lease"'],
    [['--lease-duration'], "option '--lease-duration <s>' argument missing"],
    [['--lease-duration='], '--lease-duration must not be empty'],
    [['--lease-duration', '5s'], '--lease-duration must be a number of seconds; received "5s"'],
    [['--lease-duration', '4.5'], '--lease-duration must be a whole number; received 4.5'],
    [
      ['--lease-duration', '3'],
      '--lease-duration must be greater than --renew-deadline (3); received 3',
    ],
    [
      ['--renew-deadline', '1.2'],
      '--renew-deadline must be greater than 1.2 x --retry-period (1.2); received 1.2',
    ],
    [['--retry-period', '0.9'], '--retry-period must be at least 1; received 0.9'],
    [
      ['--lease-duratoin', '5'],
      "unknown option '--lease-duratoin' (Did you mean --lease-duration?)",
    ],
    [['--qqqqq'], "unknown option '--qqqqq'"],
    [['now'], "too many arguments for 'demo'. Expected 0 arguments but got 1."],
    [
      ['--namespace', 'default'],
      '--namespace is for a real cluster: give --kubeconfig or --context, too',
    ],
    [['--kubeconfig', '/nowhere/config'], '--kubeconfig "/nowhere/config" does not exist'],
    [['--kubeconfig', tmpdir()], `--kubeconfig ${JSON.stringify(tmpdir())} is no file`],
  ])('%j is refused in one line', async (argv, problem) => {
    expect((await problemsOf(...argv))[0]).toBe(problem);
  });

  it('a namespace that cannot exist is refused', async () => {
    const [problem, ...others] = await problemsOf('--context', 'a', '--namespace', 'Team_A');
    expect(problem).toMatch(/^--namespace must be a DNS-1123 label: .*; received "Team_A"$/);
    expect(others).toEqual([]);
  });

  it('everything that is wrong is told at once', async () => {
    const argv = ['--candidates', '1', '--lock', 'x', '--wat', '--retry-period', '0'];
    expect(await problemsOf(...argv)).toHaveLength(4);
  });
});
