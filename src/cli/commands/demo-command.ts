import type { Command } from 'commander';
import { LOCK_KIND_NAMES, LOCK_KINDS } from '../../lock/lock-kinds.js';
import type { DemoOptions } from '../demo/run-demo.js';
import { EXIT } from '../exit-codes.js';
import { flag, Inputs, quoted } from '../inputs.js';
import { addTimings, checkLock, lockFlag, readTimings } from '../options.js';
import type { Program } from '../program.js';
import { DEMO_TIMINGS } from '../timings.js';
import { subcommand, type Finish } from './subcommand.js';

export function addDemo(root: Command, program: Program, finish: Finish): void {
  const resources = LOCK_KIND_NAMES.map((kind) => LOCK_KINDS[kind].resource).join(' or ');
  const command = subcommand(
    root,
    'demo',
    'Shows an election: the leader is killed, another takes over, that one is stopped.',
  );
  command
    .addOption(flag('--candidates <n>', 'how many candidate processes, 2 to 9', { value: 3 }))
    .addOption(lockFlag());
  addTimings(command, DEMO_TIMINGS)
    .addOption(flag('--kubeconfig <file>', 'play on a real cluster'))
    .addOption(flag('--context <name>', 'a context of the kubeconfig: play on a real cluster'))
    .addOption(flag('-n, --namespace <name>', 'an existing namespace of that cluster'))
    .addOption(flag('--plain', 'plain lines instead of a live table'))
    .addOption(flag('--inspect', 'serve a live chart of every candidate, for a browser'))
    .addHelpText(
      'after',
      `
Without --kubeconfig or --context an API server inside this program is used. On a real cluster
the account needs get, create, update, watch and delete on ${resources}; the lock has
a new random name at each run and is deleted at the end.

Exit codes: ${EXIT.ok} all went as it should; ${EXIT.failed} something did not; ${EXIT.usage} wrong flags;
130 and 143 after Ctrl-C and SIGTERM.`,
    )
    .action(async () => {
      const inputs = new Inputs(command);
      const options = readDemoOptions(inputs);
      inputs.done();
      const { runDemo } = await import('../demo/run-demo.js');
      finish(await runDemo(options, program.script));
    });
}

/** Reads and checks the flags. Nothing but the kubeconfig's file is looked at. */
export function readDemoOptions(inputs: Inputs): DemoOptions {
  const [file, context] = [inputs.file('kubeconfig'), inputs.text('context')];
  const namespace = inputs.text('namespace');
  const isReal = file !== null || context !== null;
  if (namespace !== null) {
    checkLock(inputs, { namespace });
    if (!isReal) {
      inputs.problem('--namespace is for a real cluster: give --kubeconfig or --context, too');
    }
  }
  const candidates = inputs.text('candidates') ?? '3';
  if (!/^[2-9]$/.test(candidates)) {
    inputs.problem(
      `${inputs.nameOf('candidates')} must be a whole number from 2 to 9; received ` +
        quoted(candidates),
    );
  }
  return {
    connection: isReal ? { kind: 'file', file, context } : null,
    namespace,
    kind: inputs.oneOf('lock', LOCK_KIND_NAMES),
    timings: readTimings(inputs),
    candidates: Number(candidates),
    plain: inputs.isOn('plain'),
    inspect: inputs.isOn('inspect'),
  };
}
