import { VirtualClock } from '../../../src/testing/virtual-clock.js';

/** Far more timers than any test needs: only a chart that spins sets so many. */
const TIMERS_ALLOWED = 2_000;

/** A virtual clock that notices a chart that spins, and whose timers may be a bit early. */
export class StepClock extends VirtualClock {
  /** Timers fire this much before their time, as those of a real clock can; never at once. */
  earlyMs = 0;
  timersSet = 0;

  override setTimeout(fn: (...args: unknown[]) => void, timeoutMs: number): number {
    this.timersSet += 1;
    if (this.timersSet > TIMERS_ALLOWED) throw new Error('The chart sets timers without end');
    return super.setTimeout(fn, timeoutMs > this.earlyMs ? timeoutMs - this.earlyMs : timeoutMs);
  }
}
