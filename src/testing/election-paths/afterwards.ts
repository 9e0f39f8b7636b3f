import { AssertionError } from 'node:assert';
import type { WalkedService } from './walk.js';

// Kept as it is when this is loaded: a test may have its runner fake the timers afterwards.
const { setTimeout } = globalThis;

const LOOKS = 10;

interface Passed {
  readonly service: WalkedService;
  readonly path: string;
}

/**
 * What becomes of services when their paths are over. A path takes next to no time, so that what a
 * service begins late, and does not wait for, shows only afterwards.
 */
export class Afterwards {
  readonly #underWay = new Set<Promise<void>>();
  #passed: Passed[] = [];
  #sawWork = false;

  /** One that failed has said so already. */
  passed(service: WalkedService, path: string): void {
    this.#passed.push({ service, path });
  }

  /** It has been seen at work, whatever has become of it. */
  saw(work: boolean): void {
    this.#sawWork ||= work;
  }

  /** A runner may have several paths under way at once. */
  async during(walk: () => Promise<void>): Promise<void> {
    const walked = walk();
    this.#underWay.add(walked);
    try {
      await walked;
    } finally {
      this.#underWay.delete(walked);
    }
  }

  /**
   * Looks at all that have passed, for so long, and forgets them.
   *
   * @param lead has a service lead until it is seen at work, and fails if it is not
   * @throws AssertionError that says how many work, and after which path the first of them does
   */
  async look(ms: number, lead: () => Promise<void>): Promise<void> {
    await Promise.allSettled(this.#underWay);
    const hasSeenWork = this.#sawWork;
    this.#sawWork = false;
    try {
      if (!hasSeenWork) await lead();
      const working = new Set<Passed>();
      for (let look = 0; look < LOOKS; look += 1) {
        await new Promise((resolve) => setTimeout(resolve, ms / LOOKS));
        for (const one of this.#passed) if (one.service.isWorking()) working.add(one);
      }
      const [first] = working;
      if (first !== undefined) throw worksOn(ms, first, working.size, this.#passed.length);
    } finally {
      this.#passed = [];
    }
  }
}

function worksOn(ms: number, { path }: Passed, working: number, all: number): AssertionError {
  return new AssertionError({
    message:
      `${ms} ms after their paths ${working} of ${all} services work, though their terms have ended, ` +
      `and both callbacks have; the first after "${path}". ` +
      'Is something begun that onStartedLeading does not wait for?',
  });
}
