import type { Command } from 'commander';
import { EXIT } from '../exit-codes.js';
import { flag, Inputs } from '../inputs.js';
import { addCommonOptions, readCommonOptions } from '../options.js';
import type { Program } from '../program.js';
import { subcommand, type Finish } from './subcommand.js';

const MORE_HELP = `
The command gets LEADER_ELECTION_FENCING_TOKEN, LEADER_ELECTION_IDENTITY,
LEADER_ELECTION_LOCK_KIND, LEADER_ELECTION_LOCK_NAME and LEADER_ELECTION_NAMESPACE.
It is told to end by SIGTERM when the leadership is lost, and killed after the grace
period, and always before another candidate can lead. Signals are passed on to it.
When the process that started run is gone, such as npx, it ends as after SIGTERM.
Without a command, --http is needed: the candidate leads, and tells so.

Exit codes: that of the command, 128 and the number of the signal that it died of;
${EXIT.leadershipLost} if it ended with 0 because the leadership was lost; ${EXIT.usage} wrong flags;
${EXIT.runFailed} the candidate itself failed; ${EXIT.notExecutable} the command is not executable; ${EXIT.notFound} not found;
129, 130, 131, 143 stopped by a signal before the command was started.

Example: k8s-leader-election run --lease nightly-report -- ./report.sh --all`;

export function addRun(root: Command, program: Program, finish: Finish): void {
  const command = subcommand(
    root,
    'run',
    'Compete for the lock, and run a command for as long as this candidate leads.',
  )
    .argument('[command...]', 'the command and its arguments; best after --')
    .passThroughOptions();
  addCommonOptions(command)
    .addOption(
      flag('--restart', 'compete again after the command has ended or the leadership was lost'),
    )
    .addOption(
      flag(
        '--grace <s>',
        'seconds until a command that was told to end is killed; fewer when its lease runs out before',
        { value: 20 },
      ),
    )
    .addOption(flag('--http <host:port>', 'tell over HTTP who leads; :PORT for all interfaces'))
    .addOption(
      flag('--events', 'write Events about the lock: who became leader, who stopped leading'),
    )
    .addOption(
      flag('--pod-evidence', "heed the kubelet's word that the container of a leader has ended"),
    )
    .addOption(flag('--quiet', 'log warnings and errors only'))
    .addOption(flag('--outlive-parent', 'go on when the process that started it has ended'))
    .addHelpText('after', MORE_HELP)
    .action(async (words: string[]) => {
      const inputs = new Inputs(command);
      const common = readCommonOptions(inputs, null);
      const graceSeconds = inputs.seconds('grace');
      const listen = inputs.text('http');
      const http =
        listen === null
          ? null
          : (await import('../run/http-endpoint.js')).parseListenAddress(listen);
      if (listen !== null && http === null) {
        inputs.problem(
          `${inputs.nameOf('http')} must be HOST:PORT, such as 127.0.0.1:4040, or :4040 for all ` +
            `interfaces; received ${JSON.stringify(listen)}`,
        );
      }
      const { name } = common;
      if (name === null) inputs.problem('--lease NAME is missing: which lock to compete for');
      if (words.length === 0 && listen === null) {
        inputs.problem('there is no command to run, and no --http to tell who leads');
      }
      if (process.platform === 'win32' && words.length > 0) {
        inputs.problem('a command can be run on Linux and macOS only');
      }
      inputs.done();
      if (name === null) return;
      const [{ run }, { RunLog }] = await Promise.all([
        import('../run/run.js'),
        import('../run/log.js'),
      ]);
      const log = new RunLog((text) => process.stderr.write(text), {
        json: common.json,
        quiet: inputs.isOn('quiet'),
      });
      const restart = inputs.isOn('restart');
      const outliveParent = inputs.isOn('outliveParent');
      const events = inputs.isOn('events');
      const podEvidence = inputs.isOn('podEvidence');
      const flags = { restart, graceSeconds, http, events, podEvidence, outliveParent };
      finish(await run({ common: { ...common, name }, command: words, ...flags }, log, program));
    });
}
