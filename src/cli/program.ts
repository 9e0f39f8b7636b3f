/**
 * How to start this program once more, in a role of its own: a published command line is one file,
 * so that its helper processes have to be that file, too.
 */
export interface Program {
  readonly script: string;
}

/** The first argument of a process that is a part of another one, and not for people to type. */
export const ROLES = {
  /** Runs the command of `run`, and ends it when nobody extends its lease any more. */
  guard: '__guard',
  /** A candidate of the demo. */
  demoCandidate: '__demo-candidate',
} as const;
