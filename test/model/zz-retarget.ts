import { electionSetup } from '../../machines/setup.js';
import { makeLeaderElectionMachine } from '../../machines/leader-election.js';
import { chartConfig, fanOf } from './support/chart-config.js';
import { chartEdges, stateNodes } from './support/chart-edges.js';
import { runEdgeTest } from './support/edge-test.js';
import { edgeTests } from './edges/all.js';
const nodes = stateNodes(makeLeaderElectionMachine()).filter((n) => n.path.length > 0);
process.on('uncaughtException', (e) => console.log('UNCAUGHT', String(e).slice(0, 100)));
let total = 0; let n = 0;
const survivors: string[] = [];
for (const edge of chartEdges(makeLeaderElectionMachine())) {
  const test = edgeTests[edge.key];
  if (!test) { console.log('no test', edge.key); continue; }
  for (const node of nodes) {
    if (node.path.join('.') === edge.target) continue;
    const make = () => {
      const config = chartConfig();
      // ids by path: give every node its id
      const fan = fanOf(config, edge);
      fan.set(fan.get().map((b, i) => i !== edge.index ? b : { ...(typeof b === 'string' ? {} : b as object), target: '#' + node.id }));
      return electionSetup.createMachine(config as never) as never;
    };
    try { make(); } catch { continue; }
    if (n++ % 5 !== 0) continue; total++; if (total % 50 === 0) console.log(total, edge.key);
    try { await runEdgeTest(test, make); survivors.push(`${edge.key} -> ${node.path.join('.')} (was ${edge.target})`); } catch {}
  }
}
console.log(total, 'mutants', survivors.length, 'survivors');
for (const s of survivors) console.log(s);
process.exit(0);
