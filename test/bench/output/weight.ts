import { WEIGHTS, type Weight, type WeightName } from '../weights.js';
import { table } from './tables.js';
import { bytes, milliseconds, number } from './units.js';

const NAMES: Readonly<Record<WeightName, string>> = {
  bareNode: 'bare Node',
  handWatch: 'a watch written by hand',
  handRenewal: 'a watch and renewals written by hand',
  follower: 'this package, waits',
  leader: 'this package, leads',
  run: '`run -- sleep`, leads, both processes',
  clientGoFollower: 'client-go, waits',
  clientGoLeader: 'client-go, leads',
};

/** What a pod pays that does nothing but take part. */
export function weightSection({ seconds, of, installBytes }: Weight): string {
  const { bareNode, handWatch } = of;
  const rows = WEIGHTS.map((name) => {
    const { residentMegabytes, peakMegabytes, cpuMsPerSecond, startMs } = of[name];
    const over = (value: number, bare: number): string =>
      name.startsWith('clientGo') ? '' : ` (+${number(value - bare * (name === 'run' ? 2 : 1))})`;
    return [
      NAMES[name],
      number(residentMegabytes.median) +
        over(residentMegabytes.median, bareNode.residentMegabytes.median),
      number(peakMegabytes.median) + over(peakMegabytes.median, bareNode.peakMegabytes.median),
      number(cpuMsPerSecond.median),
      number(cpuMsPerSecond.median / handWatch.cpuMsPerSecond.median),
      startMs === undefined ? '-' : milliseconds(startMs.median),
      String(residentMegabytes.rounds),
    ];
  });
  const head = [
    '',
    'memory, MB',
    'peak, MB',
    'CPU ms/s',
    'to the watch',
    'first request',
    'rounds',
  ];
  return `## The weight of a candidate

In a pod: a service account's files where the kubelet mounts them, its two variables, TLS, and neither a
kubeconfig nor client-node. Each is a process of its own; resident memory after ${seconds} s, over that of bare
Node in brackets (of two of them for \`run\`, which guards its command from a second process), and the most
that it has been. The watch written by hand parses each event of the same lease and does nothing else; the
renewals by hand write a lease of their own every 2 s, watch it, and heed no deadline and no failure.
Until the first request is sent counts from the start of the process; for bare Node, until its first line runs.

${table(head, rows)}

\`npm install k8s-leader-election xstate\` puts ${bytes(installBytes)} into an empty folder.`;
}
