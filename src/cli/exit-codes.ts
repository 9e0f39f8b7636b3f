import { constants } from 'node:os';

/** What the commands end with. A test keeps the list in docs/cli.md equal to this one. */
export const EXIT = {
  ok: 0,
  /** Said what went wrong: the API server, the rights, the kubeconfig. */
  failed: 1,
  /** Wrong flags or variables: nothing was read, sent or started. */
  usage: 2,
  /** `status`, `step-down`: nobody leads. */
  nobodyLeads: 3,
  /** `step-down`: the leader did not hand over in time. */
  notHonoured: 4,
  /** `run`: the leadership was lost, and the command, told to end, called that a success. */
  leadershipLost: 75,
  /** `run` itself failed. As with env(1), timeout(1) and nice(1), as are the next two. */
  runFailed: 125,
  notExecutable: 126,
  notFound: 127,
} as const;

/** What a command came to that has ended by itself or by a signal. */
export function exitCodeOfEnd(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? exitCodeOf(signal ?? 'SIGKILL');
}

/** What a command came to that could not be started, by the system's name for why. */
export function exitCodeOfFailedStart(why: string | undefined): number {
  return why === 'ENOENT' ? EXIT.notFound : EXIT.notExecutable;
}

/** As shells put it: 128 and the number of the signal. */
export function exitCodeOf(signal: NodeJS.Signals): number {
  return 128 + (constants.signals[signal] ?? 0);
}
