import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type RunOptions, runSeed } from './run-seed.js';
import { type Summary, addTo, emptySummary, summaryOf } from './summary.js';

/** Seeds that a worker runs before it reports. */
const CHUNK = 8;

/** A young generation that holds what a seed leaves behind: fewer and cheaper collections. */
const WORKER_FLAGS = ['--max-semi-space-size=32'];

/** How each seed is run: what can be told to another process. */
export type How = Omit<RunOptions, 'seed' | 'seeded' | 'onFact'>;

export interface CampaignOptions {
  readonly firstSeed: number;
  readonly lastSeed: number;
  /** Goes on until both are reached, or the last seed is. */
  readonly terms: number;
  readonly minSeeds: number;
  readonly workers: number;
  readonly how: How;
  /** Called with what there is so far, whenever seeds have come back. */
  readonly onProgress?: (total: Summary) => void;
}

interface Order {
  readonly seeds: readonly number[];
  readonly how: How;
}

/** Gives out seeds in order, and sums up what comes back. */
class Campaign {
  readonly total = emptySummary();
  readonly #options: CampaignOptions;
  #next: number;

  constructor(options: CampaignOptions) {
    this.#options = options;
    this.#next = options.firstSeed;
  }

  order(): Order | null {
    const { terms, minSeeds, lastSeed, how } = this.#options;
    if (this.total.terms >= terms && this.total.seeds >= minSeeds) return null;
    const seeds: number[] = [];
    while (seeds.length < CHUNK && this.#next <= lastSeed) seeds.push(this.#next++);
    return seeds.length === 0 ? null : { seeds, how };
  }

  take(summary: Summary): void {
    addTo(this.total, summary);
    this.#options.onProgress?.(this.total);
  }
}

/** Runs seeds until one end or the other is reached, in so many processes. */
export async function runCampaign(options: CampaignOptions): Promise<Summary> {
  const campaign = new Campaign(options);
  if (options.workers === 1) {
    for (let order = campaign.order(); order !== null; order = campaign.order()) {
      campaign.take(await carryOut(order));
    }
  } else {
    await Promise.all(Array.from({ length: options.workers }, () => runWorker(campaign)));
  }
  return campaign.total;
}

/** Resolves when nothing is left to do for it. */
function runWorker(campaign: Campaign): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = fork(fileURLToPath(import.meta.url), ['--worker'], {
      execArgv: [...process.execArgv, ...WORKER_FLAGS],
    });
    let order: Order | null = null;
    const give = (): void => {
      order = campaign.order();
      if (order === null) worker.disconnect();
      else worker.send(order);
    };
    worker.on('message', (summary: Summary) => {
      campaign.take(summary);
      give();
    });
    worker.on('error', reject);
    worker.on('exit', (code, signal) => {
      if (order === null) resolve();
      else reject(new Error(`A worker ended with ${signal ?? code}: seeds ${order.seeds.join()}`));
    });
    give();
  });
}

async function carryOut({ seeds, how }: Order): Promise<Summary> {
  const sum = emptySummary();
  for (const seed of seeds) addTo(sum, summaryOf(await runSeed({ ...how, seed })));
  return sum;
}

if (process.argv.includes('--worker')) {
  // Whoever gave the orders has ended, in whatever way.
  process.on('disconnect', () => {
    process.exit();
  });
  process.on('message', (order: Order) => {
    void carryOut(order).then((summary) => process.send?.(summary));
  });
}
