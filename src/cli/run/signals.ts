import { catchThese } from '../signals.js';

/** Those that mean the end, for a candidate as for most commands. */
const ENDING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGQUIT'];
/** Those that a command may have a use for. */
const OTHER: readonly NodeJS.Signals[] = ['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'];

/** Whether the candidacy is to end. SIGHUP is left to the command, if there is one. */
export function meansTheEnd(signal: NodeJS.Signals, commandRuns: boolean): boolean {
  return ENDING.includes(signal) || (signal === 'SIGHUP' && !commandRuns);
}

/** Catches the signals that `run` passes on. Returns how to leave them alone again. */
export function catchSignals(take: (signal: NodeJS.Signals) => void): () => void {
  return catchThese([...ENDING, ...OTHER], take);
}
