import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { runSeed } from './run-seed.js';
import { type Summary, addTo, emptySummary, summaryOf } from './summary.js';

/** Seeds that a worker runs before it reports. */
const CHUNK = 8;

/** How often a chunk is given to another worker when one has died over it. */
const TRIES = 2;

/** A young generation that holds what a seed leaves behind: fewer and cheaper collections. */
const WORKER_FLAGS = ['--max-semi-space-size=32'];

export interface CampaignOptions {
  readonly firstSeed: number;
  readonly lastSeed: number;
  /** Goes on until both are reached, or the last seed is. */
  readonly terms: number;
  readonly minSeeds: number;
  readonly termsPerSeed: number;
  readonly beyondBound: boolean;
  readonly untold: boolean;
  readonly pods: boolean;
  readonly workers: number;
  /** What an earlier part of the same campaign has come to. */
  readonly done?: Progress;
  readonly onProgress: (progress: Progress) => void;
}

/** All that is needed to go on where a campaign was interrupted. */
export interface Progress {
  readonly total: Summary;
  /** Every seed before this one is counted in the total. */
  readonly nextSeed: number;
  /** Seeds after it that are counted, too: workers do not end in the order in which they began. */
  readonly doneAhead: readonly number[];
}

interface Order {
  readonly seeds: readonly number[];
  readonly termsPerSeed: number;
  readonly beyondBound: boolean;
  readonly untold: boolean;
  readonly pods: boolean;
  tries?: number;
}

/** Gives out seeds in order, and remembers which have come back. */
class Campaign {
  readonly #options: CampaignOptions;
  readonly #total: Summary;
  readonly #ahead: Set<number>;
  readonly #again: Order[] = [];
  #done: number;
  #next: number;

  constructor(options: CampaignOptions) {
    this.#options = options;
    this.#total = options.done?.total ?? emptySummary();
    this.#done = options.done?.nextSeed ?? options.firstSeed;
    this.#ahead = new Set(options.done?.doneAhead);
    this.#next = this.#done;
  }

  get progress(): Progress {
    return { total: this.#total, nextSeed: this.#done, doneAhead: [...this.#ahead] };
  }

  order(): Order | null {
    const again = this.#again.shift();
    if (again !== undefined) return again;
    const { terms, minSeeds, lastSeed, termsPerSeed, beyondBound, untold, pods } = this.#options;
    if (this.#total.terms >= terms && this.#total.seeds >= minSeeds) return null;
    const seeds: number[] = [];
    for (; seeds.length < CHUNK && this.#next <= lastSeed; this.#next++) {
      if (!this.#ahead.has(this.#next)) seeds.push(this.#next);
    }
    return seeds.length === 0 ? null : { seeds, termsPerSeed, beyondBound, untold, pods };
  }

  take(order: Order, summary: Summary): void {
    addTo(this.#total, summary);
    for (const seed of order.seeds) this.#ahead.add(seed);
    while (this.#ahead.delete(this.#done)) this.#done += 1;
    this.#options.onProgress(this.progress);
  }

  /** A worker has died over these seeds. False: as often as may be. */
  repeat(order: Order): boolean {
    const tries = (order.tries ?? 1) + 1;
    if (tries > TRIES) return false;
    this.#again.push({ ...order, tries });
    return true;
  }
}

/** Runs seeds until one end or the other is reached, in so many processes. */
export async function runCampaign(options: CampaignOptions): Promise<Progress> {
  const campaign = new Campaign(options);
  if (options.workers === 1) {
    for (let order = campaign.order(); order !== null; order = campaign.order()) {
      campaign.take(order, await carryOut(order));
    }
  } else {
    await Promise.all(Array.from({ length: options.workers }, () => keepWorking(campaign)));
  }
  return campaign.progress;
}

/** A worker, and another in its place when it dies. */
async function keepWorking(campaign: Campaign): Promise<void> {
  while (!(await runWorker(campaign)));
}

/** Resolves when the worker has ended: true when nothing was left to do. */
function runWorker(campaign: Campaign): Promise<boolean> {
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
      if (order !== null) campaign.take(order, summary);
      give();
    });
    worker.on('error', reject);
    worker.on('exit', (code, signal) => {
      if (order === null) {
        resolve(true);
        return;
      }
      const why = `a worker ended with ${String(signal ?? code)}`;
      if (campaign.repeat(order)) resolve(false);
      else reject(new Error(`Seeds ${order.seeds.join(', ')}: ${why}, ${TRIES} times`));
    });
    give();
  });
}

async function carryOut({
  seeds,
  termsPerSeed,
  beyondBound,
  untold,
  pods,
}: Order): Promise<Summary> {
  const sum = emptySummary();
  for (const seed of seeds) {
    addTo(sum, summaryOf(await runSeed({ seed, terms: termsPerSeed, beyondBound, untold, pods })));
  }
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
