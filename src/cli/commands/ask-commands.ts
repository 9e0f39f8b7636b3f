import type { Command } from 'commander';
import { EXIT } from '../exit-codes.js';
import { flag, Inputs } from '../inputs.js';
import { addCommonOptions, readCommonOptions } from '../options.js';
import { subcommand, type Finish } from './subcommand.js';

const SERVICE_ACCOUNT = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** Those that ask something of the API server, or of the leader. */
export function addAskCommands(root: Command, finish: Finish): void {
  addCheck(root, finish);
  addStepDown(root, finish);
}

function addCheck(root: Command, finish: Finish): void {
  const command = subcommand(
    root,
    'check',
    'Could a candidate take part from here: is the API server there, are the rights?',
  ).argument('[name]', 'name of the lock (default: an example)');
  addCommonOptions(command)
    .addOption(
      flag('--service-account <name>', 'whom the manifest is for', { words: 'whoever asks' }),
    )
    .addOption(flag('--events', 'for a candidate that writes Events, too'))
    .addOption(
      flag('--pod-evidence', 'for one with podEvidence, which reads and watches pods, too'),
    )
    .addHelpText(
      'after',
      `
It asks the API server and changes nothing; the write of a candidate is a dry run. What it
found goes to stderr, and the manifest that grants the rights to stdout:
k8s-leader-election check NAME | kubectl apply -f -

Exit codes: ${EXIT.ok} a candidate can take part; ${EXIT.failed} it cannot, or no answer; ${EXIT.usage} wrong flags.`,
    )
    .action(async (name: string | undefined) => {
      const inputs = new Inputs(command);
      const common = readCommonOptions(inputs, name ?? null);
      const serviceAccount = inputs.text('serviceAccount');
      if (serviceAccount !== null && !SERVICE_ACCOUNT.test(serviceAccount)) {
        inputs.problem(
          `${inputs.nameOf('serviceAccount')} must be the name of a service account; received ` +
            JSON.stringify(serviceAccount),
        );
      }
      inputs.done();
      const { check } = await import('../check/check.js');
      const events = inputs.isOn('events');
      const podEvidence = inputs.isOn('podEvidence');
      finish(await check({ common, serviceAccount, events, podEvidence }));
    });
}

function addStepDown(root: Command, finish: Finish): void {
  const command = subcommand(
    root,
    'step-down',
    'Asks the present leader to hand over in good order, and waits until it has.',
  ).argument('[name]', 'name of the lock');
  addCommonOptions(command)
    .addOption(flag('--timeout <s>', 'seconds to wait', { value: 30 }))
    .addHelpText(
      'after',
      `
The request is an annotation on the lock. Leaders of this library honour it; those of others
do not know it, and go on. It needs the right to update the lock.

Exit codes: ${EXIT.ok} the leader has handed over; ${EXIT.nobodyLeads} nobody leads; ${EXIT.notHonoured} it has not handed over in
time; ${EXIT.failed} something went wrong; ${EXIT.usage} wrong flags.`,
    )
    .action(async (positional: string | undefined) => {
      const inputs = new Inputs(command);
      const common = readCommonOptions(inputs, positional ?? null);
      const timeoutSeconds = inputs.seconds('timeout', 1);
      const { name } = common;
      if (name === null) inputs.problem('the name of the lock is missing');
      inputs.done();
      if (name === null) return;
      const { stepDown } = await import('../step-down.js');
      finish(await stepDown({ common: { ...common, name }, timeoutSeconds }));
    });
}
