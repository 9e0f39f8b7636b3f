import type { Command } from 'commander';
import { flag } from './inputs.js';
import { DEFAULT_TIMINGS } from './timings.js';

/** What every command understands; `readCommonOptions` reads it. */
export function addCommonOptions(command: Command): Command {
  const { leaseDurationSeconds, renewDeadlineSeconds, retryPeriodSeconds } = DEFAULT_TIMINGS;
  return command
    .addOption(flag('--lease <name>', 'name of the lock'))
    .addOption(flag('--name <name>', 'the same, for a lock that is no Lease'))
    .addOption(flag('--lock <kind>', 'kind of the lock: lease or configmap (default: lease)'))
    .addOption(flag('-n, --namespace <name>', "default: that of the context, else the pod's own"))
    .addOption(flag('--kubeconfig <file>', 'default: KUBECONFIG, ~/.kube/config, or the pod'))
    .addOption(flag('--context <name>', 'a context of the kubeconfig (default: its current one)'))
    .addOption(flag('--lease-duration <s>', `whole seconds (default: ${leaseDurationSeconds})`))
    .addOption(flag('--renew-deadline <s>', `seconds (default: ${renewDeadlineSeconds})`))
    .addOption(flag('--retry-period <s>', `seconds (default: ${retryPeriodSeconds})`))
    .addOption(flag('--identity <name>', "the candidate's name (default: host name and a UUID)"))
    .addOption(flag('--json', 'print JSON'));
}
