import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HELP, parseDemoArgs } from '../../../../src/cli/demo/args.js';

function problemsOf(...argv: string[]): readonly string[] {
  const parsed = parseDemoArgs(argv);
  if (parsed.kind !== 'wrong') throw new Error(`These flags are accepted: ${argv.join(' ')}`);
  return parsed.problems;
}

describe('flags of the demo', () => {
  let directory = '';
  let kubeconfig = '';

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'demo-args-'));
    kubeconfig = join(directory, 'config');
    writeFileSync(kubeconfig, '');
  });
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  it('without any: three candidates, a Lease, short timings, no cluster', () => {
    expect(parseDemoArgs([])).toEqual({
      kind: 'run',
      options: {
        cluster: null,
        lock: 'lease',
        timings: { leaseDurationSeconds: 4, renewDeadlineSeconds: 3, retryPeriodSeconds: 1 },
        candidates: 3,
        plain: false,
      },
    });
  });

  it('all of them, with a space or an equals sign', () => {
    const argv = ['--kubeconfig', kubeconfig, '--context=prod', '--namespace', 'team-a'];
    const more = ['--lock=configmap', '--candidates', '9', '--plain', '--lease-duration=15'];
    const rest = ['--renew-deadline', '10.5', '--retry-period', '2'];
    expect(parseDemoArgs([...argv, ...more, ...rest])).toEqual({
      kind: 'run',
      options: {
        cluster: { kubeconfig, context: 'prod', namespace: 'team-a' },
        lock: 'configmap',
        timings: { leaseDurationSeconds: 15, renewDeadlineSeconds: 10.5, retryPeriodSeconds: 2 },
        candidates: 9,
        plain: true,
      },
    });
  });

  it('a context alone means a real cluster, from the default kubeconfig', () => {
    const parsed = parseDemoArgs(['--context', 'prod']);
    expect(parsed).toMatchObject({
      options: { cluster: { kubeconfig: null, context: 'prod', namespace: null } },
    });
  });

  it.each([['--help'], ['-h']])('%s asks for help, whatever else is wrong', (flag) => {
    expect(parseDemoArgs(['--candidates', '99', flag])).toEqual({ kind: 'help' });
  });

  it('the help names every flag, and fits into 90 columns', () => {
    const flags = ['kubeconfig', 'context', 'namespace', 'lock', 'candidates', 'lease-duration'];
    for (const flag of [...flags, 'renew-deadline', 'retry-period', 'plain', 'help']) {
      expect(HELP).toContain(`--${flag}`);
    }
    expect(Math.max(...HELP.split('\n').map((line) => line.length))).toBeLessThanOrEqual(90);
  });

  it.each([
    [['--candidates', '1'], '--candidates must be a whole number from 2 to 9; received "1"'],
    [['--candidates', '10'], '--candidates must be a whole number from 2 to 9; received "10"'],
    [['--candidates', 'two'], '--candidates must be a whole number from 2 to 9; received "two"'],
    [['--lock', 'Lease'], '--lock must be lease or configmap; received "Lease"'],
    [['--lease-duration'], '--lease-duration needs a value'],
    [['--lease-duration='], '--lease-duration needs a value'],
    [['--lease-duration', '--plain'], '--lease-duration needs a value'],
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
    [['--plain=yes'], '--plain takes no value; received "yes"'],
    [
      ['--lease-durations', '5'],
      '"--lease-durations" is not a flag: did you mean --lease-duration?',
    ],
    [['--qqqqq'], '"--qqqqq" is not a flag: see --help'],
    [['now'], '"now" is not a flag.'],
    [
      ['--namespace', 'default'],
      '--namespace is for a real cluster: give --kubeconfig or --context, too',
    ],
    [['--kubeconfig', '/nowhere/config'], '--kubeconfig "/nowhere/config" does not exist'],
    [['--kubeconfig', tmpdir()], `--kubeconfig ${JSON.stringify(tmpdir())} is not a file`],
  ])('%j is refused in one line', (argv, problem) => {
    expect(problemsOf(...argv)[0]).toBe(problem);
    expect(problem).not.toContain('\n');
  });

  it('a namespace that cannot exist is refused', () => {
    const [problem, ...others] = problemsOf('--context', 'a', '--namespace', 'Team_A');
    expect(problem).toMatch(/^--namespace must be a DNS-1123 label: .*; received "Team_A"$/);
    expect(others).toEqual([]);
  });

  it('everything that is wrong is told at once', () => {
    const problems = problemsOf('--candidates', '1', '--lock', 'x', '--wat', '--retry-period', '0');
    expect(problems).toHaveLength(4);
  });
});
