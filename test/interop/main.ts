import { parseArgs } from 'node:util';
import { SHORT } from '../e2e/fleet/setup.js';
import { startRealApiServer } from '../support/real-api-server.js';
import { MissingToolError } from '../support/missing-tool-error.js';
import type { RunningApiServer } from '../support/api-server-types.js';
import { type Peer, PEERS, versionOf } from './peers.js';
import { NAMESPACE, type Plan, type Played, playRound, PLANS } from './round.js';
import { type PairResult, pairRow, tableOf } from './table.js';

// Ours beside candidates of other libraries, on one lock of a real API server:
//   npm run interop -- --rounds 3 --only fabric8,client-go

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    pairs: { type: 'string', default: '3' },
  },
});
const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

function say(line: string): void {
  console.error(line);
}

function tell(peer: Peer, plan: Plan, { handOvers, overlaps, stuck }: Played): void {
  const what = 'leader' in plan ? `${plan.fault} of ${plan.leader}` : plan.fault;
  say(`${peer.library}, ${peer.kind}: ${what}: ${handOvers.length} hand-overs`);
  if (stuck !== null) say(`  none of ${stuck} came to lead`);
  for (const { first, second, ms, cause } of overlaps) {
    say(`  overlap of ${seconds(ms)}, ${first.who} and ${second.who}, cause: ${cause}`);
  }
}

async function playPair(server: RunningApiServer, peer: Peer): Promise<PairResult> {
  const version = await versionOf(peer);
  const findings: Played[] = [];
  const failures: string[] = [];
  const program = await peer.program();
  for (let turn = 0; turn < Number(values.rounds); turn += 1) {
    for (const plan of PLANS) {
      const place = `${PEERS.indexOf(peer)}-${turn}-${PLANS.indexOf(plan)}`;
      const settings = { server, program, timings: SHORT, kind: peer.kind };
      try {
        const found = await playRound(plan, { ...settings, lockName: `lock-${place}` });
        findings.push(found);
        tell(peer, plan, found);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        failures.push(`${plan.fault}: ${message}`);
        say(`${peer.library}, ${peer.kind}: ${plan.fault} failed: ${message}`);
      }
    }
  }
  return { library: peer.library, kind: peer.kind, version, findings, failures };
}

const parts = values.only.split(',');
const chosen = PEERS.filter(({ library }) => parts.some((part) => library.includes(part)));
const waiting: Peer[] = [];
// Everything is built before the first round, with nothing beside it that a compiler would starve.
for (const peer of chosen) {
  try {
    await peer.program();
    waiting.push(peer);
  } catch (error) {
    if (!(error instanceof MissingToolError)) throw error;
    say(`SKIPPED ${peer.library}, ${peer.kind}: ${error.message}`);
  }
}

const results: PairResult[] = [];
const server = await startRealApiServer();
try {
  await server.createNamespace(NAMESPACE);
  const playWaiting = async (): Promise<void> => {
    for (let peer = waiting.shift(); peer !== undefined; peer = waiting.shift()) {
      results.push(await playPair(server, peer));
    }
  };
  await Promise.all(Array.from({ length: Number(values.pairs) }, playWaiting));
} finally {
  await server.stop();
}

const order = chosen.map(({ library, kind }) => `${library} ${kind}`);
const place = ({ library, kind }: PairResult): number => order.indexOf(`${library} ${kind}`);
results.sort((a, b) => place(a) - place(b));
console.log(tableOf(results.map(pairRow)));
const played = results.flatMap(({ findings }) => findings);
const bad = played.filter(
  ({ overlaps, stuck }) => stuck === 'ours' || overlaps.some(({ cause }) => cause === 'ours'),
);
const failures = results.flatMap((result) => result.failures);
process.exitCode = bad.length > 0 || failures.length > 0 || results.length === 0 ? 1 : 0;
