import type { Outcome } from '../../config/leader-election-config.js';
import { EXIT, exitCodeOf, exitCodeOfEnd, exitCodeOfFailedStart } from '../exit-codes.js';
import type { CommandEnd } from './guarded-command.js';

/** What `run` ends with when it had a command. */
export function exitCodeFor(
  end: CommandEnd | null,
  outcome: Outcome,
  stopSignal: NodeJS.Signals | null,
): number {
  // It was never started.
  if (end === null) return stopSignal === null ? EXIT.leadershipLost : exitCodeOf(stopSignal);
  switch (end.kind) {
    case 'guardFailed':
      return EXIT.runFailed;
    case 'notStarted':
      return exitCodeOfFailedStart(end.code);
    case 'ended': {
      const code = exitCodeOfEnd(end.code, end.signal);
      // Work that was cut short must not pass for work that is done.
      const cutShort = stopSignal === null && outcome.reason !== 'finished';
      return code === 0 && cutShort ? EXIT.leadershipLost : code;
    }
  }
}

/** The same for the log. */
export function describeEnd(end: CommandEnd): object {
  switch (end.kind) {
    case 'ended':
      return end.signal === null ? { code: end.code } : { signal: end.signal };
    case 'notStarted':
      return { notStarted: end.code };
    case 'guardFailed':
      return { guard: 'failed' };
  }
}
