import type { EndReason } from '../config/leader-election-config.js';

/* What the log of an election says, where that is more than a few words. */

export const ALTERED =
  'Our record was stored otherwise than it was written, and counts as it is stored. Is there an ' +
  'admission policy that alters it?';

export const RELEASE_FAILED =
  'Releasing the lock failed; it is tried again until the lease has run out';

export const NO_EVIDENCE =
  'podEvidence does nothing for now; the lease is waited for, as without it';

export const LEAD_FAILED = 'The work of lead() failed, and lead() rejects with its error';

export const LOST_WHILE_DRAINING = 'Lost the lock before the work and onStoppedLeading had ended';

export const HOPELESS = 'The candidacy is over: it rejects with an error that no retry could heal';

/** Begins the warning of a candidacy that nobody asked to end. */
export const RETIRED = 'Takes no part in the election any more';

/** Why a term has ended, after a colon. */
export const CAUSES: Readonly<Record<EndReason, string>> = {
  stopped: 'it was asked to stop',
  finished: 'the work is done',
  failed: 'onStartedLeading failed',
  deadline: 'no renewal succeeded within renewDeadlineSeconds',
  superseded: 'the lock was found in other hands',
  steppedDown: 'it was asked to hand over',
  drainTimeout: 'its callbacks did not end within drainTimeoutSeconds',
};

export function overrunText(work: string): string {
  return (
    'The work of a lost term has not ended and the lease has run out: it may run beside another ' +
    `leader. ${work} must end when term.signal is aborted`
  );
}

/** @param callback whose end is waited for */
export function lateText(callback: string): string {
  return (
    `${callback} did not end within drainTimeoutSeconds: the lock is not released, and the others ` +
    'wait until the lease has run out. Let it end sooner once term.signal is aborted, or raise ' +
    'drainTimeoutSeconds, and the grace period of the pod with it'
  );
}

export function unreadableText(problem: string): string {
  return (
    `The record in the lock cannot be read (${problem}); it counts as held until it has not ` +
    'changed for a lease duration'
  );
}
