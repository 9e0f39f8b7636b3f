import type { Command } from 'commander';
import { EXIT } from '../exit-codes.js';
import { flag, Inputs, quoted } from '../inputs.js';
import { checkLock } from '../options.js';
import { subcommand, type Finish } from './subcommand.js';

export function addDevServer(root: Command, finish: Finish): void {
  const command = subcommand(
    root,
    'dev-server',
    'A Kubernetes API server in memory, to run services on a laptop without a cluster.',
  )
    .argument('[command...]', 'a command that finds it by KUBECONFIG; best after --')
    .passThroughOptions()
    .addOption(flag('--port <n>', 'port on 127.0.0.1', { words: 'any that is free' }))
    .addOption(
      flag('--kubeconfig <file>', 'where to write the kubeconfig: a file that is not there yet', {
        words: 'a temporary one',
      }),
    )
    .addOption(
      flag('-n, --namespace <name>', 'a namespace to make, and to use by default', {
        value: 'default',
      }),
    )
    .addHelpText(
      'after',
      `
For development only: it is in memory, lets whoever has its token do everything, and listens on
this machine alone. It knows Leases, ConfigMaps, Events and Namespaces. The kubeconfig is taken
away at the end. Without a command it runs until Ctrl-C. Signals are passed on to the command.

Exit codes: that of the command, 128 and the number of the signal that it died of; ${EXIT.ok} ended by a
signal, without a command; ${EXIT.failed} it cannot be started; ${EXIT.usage} wrong flags; ${EXIT.notExecutable} the command is not executable;
${EXIT.notFound} not found.

Example: k8s-leader-election dev-server -- node app.js`,
    )
    .action(async (words: string[]) => {
      const inputs = new Inputs(command);
      const namespace = inputs.text('namespace') ?? 'default';
      checkLock(inputs, { namespace });
      const port = inputs.text('port') ?? '0';
      if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
        const rule = 'must be a number from 0 to 65535';
        inputs.problem(`${inputs.nameOf('port')} ${rule}; received ${quoted(port)}`);
      }
      const kubeconfig = inputs.text('kubeconfig');
      inputs.done();
      const { devServer } = await import('../dev-server/dev-server.js');
      finish(await devServer({ port: Number(port), kubeconfig, namespace, command: words }));
    });
}
