import { type Clock, systemClock } from '../time/clock.js';

/** By then whatever the start of a process has to do is done; nobody waits for a rehearsal. */
const AFTER_MS = 1_000;

let isDone = false;

/**
 * Rehearses the hand-over once in the life of the process, soon. Call it when a candidate has
 * nothing to do but to wait, or to lead.
 */
export function rehearseOnce(clock: Clock): void {
  // Under another clock a test decides what happens when.
  if (isDone || clock !== systemClock) return;
  isDone = true;
  setTimeout(() => void rehearse(), AFTER_MS).unref();
}

async function rehearse(): Promise<void> {
  try {
    const rehearsal = await import('./rehearsal.js');
    await rehearsal.rehearse();
  } catch {
    // It only saves time. What has failed here will say so when it is needed.
  }
}
