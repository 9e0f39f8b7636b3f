import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { KubeConfig } from '@kubernetes/client-node';
import { LeaderElection, LeaseLock } from '../../src/index.js';
import { callCli } from '../cli/support/call-cli.js';
import { until } from '../cli/support/processes.js';
import { ensureKubectl } from '../kubectl/build.js';
import { describeWithApiServer } from '../support/shared-api-server.js';
import { ROOT, readPage } from './support/markdown.js';

const PAGE = 'docs/operations.md';
const NAMESPACE = 'production';
const NAME = 'data-processor';

/** Each line of the page's shell blocks. */
const commands = [...readPage(PAGE).matchAll(/^ *```sh\n([^]*?)^ *```$/gm)].flatMap(
  ([, text = '']) =>
    text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== ''),
);

const wordsOf = (command: string): string[] => command.split(' ').slice(1);

/** What kubectl says of a command that it does not know. */
const MISTAKES = /unknown (shorthand )?(flag|command)|for help|Usage:/;

/** Where pods would have to run: here they are looked for, and are not there. */
const NO_PODS = /not found|No resources found/;

describeWithApiServer('the commands in docs/operations.md', (server) => {
  let path: string;
  let kubectl: string;
  let leader: LeaderElection;

  beforeAll(async () => {
    kubectl = await ensureKubectl();
    await server().createNamespace(NAMESPACE);
    path = await server().writeKubeConfig('admin');
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromString(server().kubeConfig('admin'));
    leader = new LeaderElection({
      lock: new LeaseLock({ name: NAME, namespace: NAMESPACE, kubeConfig }),
      onStartedLeading: null,
      onLost: 'rejoin',
    });
    void leader.run();
    await until('a leader', () => leader.isLeader());
  }, 20 * 60_000);

  afterAll(async () => {
    await leader.stop();
  });

  const run = async (args: readonly string[]): Promise<{ code: number; text: string }> => {
    try {
      const { stdout, stderr } = await promisify(execFile)(kubectl, args, {
        cwd: ROOT,
        env: { ...process.env, KUBECONFIG: path },
      });
      return { code: 0, text: stdout + stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, text: stdout + stderr };
    }
  };

  it('are of this package and of kubectl', () => {
    expect(commands.length).toBeGreaterThan(8);
    expect(commands.filter((line) => !/^(k8s-leader-election|kubectl) /.test(line))).toEqual([]);
  });

  describe.each(commands.filter((line) => line.startsWith('k8s')))('%s', (command) => {
    it('does what it is there for', async () => {
      const args = wordsOf(command);
      // `watch` goes on until somebody ends it.
      const more = args[0] === 'watch' ? ['--for', '1'] : [];
      const { code, stdout, stderr } = await callCli(...args, ...more, '--kubeconfig', path);
      expect([code, stderr.includes('FAIL')]).toEqual([0, false]);
      if (!args.includes('configmap')) expect(`${stdout}${stderr}`).toContain(NAME);
    });
  });

  describe.each(commands.filter((line) => line.startsWith('kubectl')))('%s', (command) => {
    it('is understood by kubectl, and answered', async () => {
      const { code, text } = await run(wordsOf(command));
      expect(text).not.toMatch(MISTAKES);
      // Nobody has given the account of the example any rights.
      if (command.includes('can-i')) expect([code, text]).toEqual([1, 'no\n']);
      else if (code === 0) expect(text).not.toBe('');
      else expect(text).toMatch(NO_PODS);
    });
  });

  it('would be found wrong if kubectl did not know them', async () => {
    const { text } = await run(['get', 'lease', '--no-such-flag']);
    expect(text).toMatch(MISTAKES);
  });

  it('show a request to step down that is honoured', async () => {
    await until('a leader', () => leader.isLeader());
    const reasons: string[] = [];
    onTestFinished(leader.on('stoppedLeading', ({ reason }) => reasons.push(reason)));
    const { code } = await callCli('step-down', NAME, '-n', NAMESPACE, '--kubeconfig', path);
    expect([code, reasons]).toEqual([0, ['steppedDown']]);
  });
});
