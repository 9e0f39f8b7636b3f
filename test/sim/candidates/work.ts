import type { Term } from '../../../src/term/term.js';
import type { SimProcess } from '../world/process.js';
import type { Random } from '../world/random.js';
import type { World } from '../world/world.js';

/** How an application behaves in one term. */
interface WorkPlan {
  readonly kind: 'obeys' | 'ignores the signal' | 'finishes' | 'fails' | 'throws';
  /** How long it goes on by itself, in ms of its own clock. */
  readonly lastsMs: number;
  /** How long it winds down once it was told to end. */
  readonly windDownMs: number;
  /** How often it asks whether it still leads; null: never. */
  readonly asksEveryMs: number | null;
  readonly stopCallbackMs: number;
  readonly stopCallbackFails: boolean;
}

export interface ApplicationOptions {
  readonly world: World;
  readonly process: SimProcess;
  readonly random: Random;
  /** How long work that ends by itself lasts at most, and how long it winds down, in ms. */
  readonly longestWorkMs: number;
  readonly longestWindDownMs: number;
}

/** What uses the election: the callbacks, which obey, dawdle, hang or fail. */
export class Application {
  #who = '';
  #term = 0;
  readonly #options: ApplicationOptions;
  #plan: WorkPlan;

  constructor(options: ApplicationOptions) {
    this.#options = options;
    this.#plan = drawPlan(options);
  }

  /** A new candidacy, under that name. */
  begin(who: string): void {
    this.#who = who;
    this.#term = 0;
  }

  onStartedLeading = (term: Term): Promise<void> => {
    const { world, process } = this.#options;
    const plan = drawPlan(this.#options);
    this.#plan = plan;
    this.#term += 1;
    const which = { who: this.#who, term: this.#term };
    world.record({ kind: 'workStarted', t: world.now, ...which, local: process.now() });
    const end = (failed: boolean): void => {
      world.record({ kind: 'workEnded', t: world.now, ...which, failed });
    };
    if (plan.kind === 'throws') {
      end(true);
      throw new Error('the work threw');
    }
    return work(plan, term, process).then(
      () => {
        end(false);
      },
      (error: unknown) => {
        end(!term.signal.aborted);
        throw error;
      },
    );
  };

  /** For one without `onStoppedLeading`. */
  hearOfTheEnd(reason: string): void {
    const { world } = this.#options;
    const which = { who: this.#who, term: this.#term };
    world.record({ kind: 'stopCallback', t: world.now, ...which, reason });
    world.record({ kind: 'stopCallbackEnded', t: world.now, ...which });
  }

  onStoppedLeading = async (reason: string): Promise<void> => {
    const { world, process } = this.#options;
    const which = { who: this.#who, term: this.#term };
    const { stopCallbackMs, stopCallbackFails } = this.#plan;
    world.record({ kind: 'stopCallback', t: world.now, ...which, reason });
    if (stopCallbackMs > 0) await process.sleep(stopCallbackMs);
    world.record({ kind: 'stopCallbackEnded', t: world.now, ...which });
    if (stopCallbackFails) throw new Error('onStoppedLeading failed');
  };

  onNewLeader = (): void => {
    if (this.#options.random.chance(0.02)) throw new Error('onNewLeader failed');
  };
}

function drawPlan({ random, longestWorkMs, longestWindDownMs }: ApplicationOptions): WorkPlan {
  const kind = random.weighted<WorkPlan['kind']>([
    [10, 'obeys'],
    [2, 'ignores the signal'],
    [5, 'finishes'],
    [2, 'fails'],
    [1, 'throws'],
  ]);
  return {
    kind,
    lastsMs:
      kind === 'obeys'
        ? Infinity
        : random.skewed(100, longestWorkMs * (kind === 'ignores the signal' ? 4 : 1)),
    windDownMs: random.chance(0.5) ? 0 : random.skewed(1, longestWindDownMs),
    asksEveryMs: random.chance(0.3) ? random.skewed(50, 2000) : null,
    stopCallbackMs: random.chance(0.6)
      ? 0
      : random.skewed(1, random.chance(0.1) ? 5 * longestWindDownMs : 1500),
    stopCallbackFails: random.chance(0.15),
  };
}

/** What is done while leading. Rejects when it is to fail, and with the abort when it obeys. */
async function work(plan: WorkPlan, term: Term, process: SimProcess): Promise<void> {
  const { signal } = term;
  const told = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
  if (plan.asksEveryMs !== null) void ask(plan.asksEveryMs, term, process);
  if (plan.kind === 'ignores the signal') await process.sleep(plan.lastsMs);
  else if (plan.kind === 'obeys') await told;
  else await Promise.race([told, process.sleep(plan.lastsMs)]);
  if (signal.aborted) {
    if (plan.windDownMs > 0) await process.sleep(plan.windDownMs);
    signal.throwIfAborted();
  }
  if (plan.kind === 'fails') throw new Error('the work failed');
}

async function ask(everyMs: number, term: Term, process: SimProcess): Promise<void> {
  do await process.sleep(everyMs);
  while (term.isLeading());
}
