import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Distribution, distributionOf } from '../statistics.js';
import type { Bench } from '../world/bench.js';

export interface ImportCost {
  readonly ms: Distribution;
  readonly residentMegabytes: Distribution;
  readonly heapMegabytes: Distribution;
}

export interface Imports {
  /** client-node, as the first import of a process. */
  readonly clientNode: ImportCost;
  /** This package, in the same processes, after client-node. */
  readonly ownOverClientNode: ImportCost;
  /** This package as the first import of a process. */
  readonly ownAlone: ImportCost;
}

interface Probe {
  /** What each of the imports took. */
  readonly ms: readonly number[];
  readonly rssBytes: number;
  readonly heapBytes: number;
}

const CLIENT_NODE = '@kubernetes/client-node';
const OWN = 'k8s-leader-election';

/** What importing costs, in fresh processes. Memory is compared within a round. */
export async function imports(bench: Bench): Promise<Imports> {
  const rounds = bench.options.quick ? 5 : 15;
  // The first run reads the files from the disk; from then on they are in memory.
  await probe(bench, CLIENT_NODE, OWN);
  const clientNode: Cost[] = [];
  const ownOverClientNode: Cost[] = [];
  const ownAlone: Cost[] = [];
  for (let round = 0; round < rounds; round++) {
    const nothing = await probe(bench);
    const client = await probe(bench, CLIENT_NODE);
    clientNode.push(costOver(nothing, client));
    ownOverClientNode.push(costOver(client, await probe(bench, CLIENT_NODE, OWN)));
    ownAlone.push(costOver(nothing, await probe(bench, OWN)));
  }
  const results = {
    clientNode: summarized(clientNode),
    ownOverClientNode: summarized(ownOverClientNode),
    ownAlone: summarized(ownAlone),
  };
  const { ms, residentMegabytes } = results.ownOverClientNode;
  bench.log(
    `import over client-node: ${ms.median.toFixed(1)} ms, ` +
      `${residentMegabytes.median.toFixed(1)} MB`,
  );
  return results;
}

async function probe(bench: Bench, ...modules: string[]): Promise<Probe> {
  const [command, ...args] = bench.importProbe;
  const { stdout } = await promisify(execFile)(command, [...args, ...modules]);
  return JSON.parse(stdout) as Probe;
}

interface Cost {
  readonly ms: number;
  readonly residentMegabytes: number;
  readonly heapMegabytes: number;
}

/** The time of the last import, and what it added to a process that did all but that. */
function costOver(without: Probe, withIt: Probe): Cost {
  return {
    ms: withIt.ms.at(-1)!,
    residentMegabytes: (withIt.rssBytes - without.rssBytes) / 1e6,
    heapMegabytes: (withIt.heapBytes - without.heapBytes) / 1e6,
  };
}

function summarized(costs: readonly Cost[]): ImportCost {
  return {
    ms: distributionOf(costs.map(({ ms }) => ms)),
    residentMegabytes: distributionOf(costs.map((cost) => cost.residentMegabytes)),
    heapMegabytes: distributionOf(costs.map((cost) => cost.heapMegabytes)),
  };
}
