import { catchThese } from '../signals.js';

/** Those that mean the end, for a candidate as for most commands. */
const ENDING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGQUIT'];
/** Those that a command may have a use for. */
const OTHER: readonly NodeJS.Signals[] = ['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'];

/** Whether the candidacy is to end. SIGHUP is left to the command, if there is one. */
export function meansTheEnd(signal: NodeJS.Signals, commandRuns: boolean): boolean {
  return ENDING.includes(signal) || (signal === 'SIGHUP' && !commandRuns);
}

/**
 * Under npm a key is heard twice: from the terminal, and from npm, which passes on what it gets. A
 * command that is told twice takes it for impatience, and ends without giving its lock back.
 */
const ECHO_MS = 300;

/** Catches the signals that are passed on to a command. Returns how to leave them alone again. */
export function catchSignals(take: (signal: NodeJS.Signals) => void): () => void {
  const takenAt = new Map<NodeJS.Signals, number>();
  return catchThese([...ENDING, ...OTHER], (signal) => {
    const now = performance.now();
    const isEcho = ENDING.includes(signal) && now - (takenAt.get(signal) ?? -Infinity) < ECHO_MS;
    if (isEcho) return;
    takenAt.set(signal, now);
    take(signal);
  });
}
