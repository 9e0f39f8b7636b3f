/** Mutants of the chart that behave like the chart, and why nothing can tell them apart. */
interface Equivalents {
  readonly why: string;
  readonly mutants: readonly RegExp[];
}

export const equivalents: readonly Equivalents[] = [
  {
    why: 'acquiring begins in reading, and a transition from within does not leave it.',
    mutants: [
      /^participating\.acquiring\.waiting (wake|after\(pollInterval\)): leads to participating\.acquiring$/,
      /^participating\.acquiring\.(dating|waiting) watchOpened if hasGap: leads to participating\.acquiring$/,
      /^participating\.acquiring\.holdingBack after\(contentionDelay\) else: leads to participating\.acquiring$/,
      /^participating\.acquiring\.backingOff after\(retryDelay\) else: leads to participating\.acquiring$/,
    ],
  },
  {
    why: 'participating begins in acquiring, and is entered either way.',
    mutants: [/^(idle start|rejoining after\(rejoinDelay\)): leads to participating\.acquiring$/],
  },
  {
    why: 'A transition from a state without substates to itself neither leaves nor enters it.',
    mutants: [
      /^participating\.acquiring\.claiming stop: leads to participating\.acquiring\.claiming$/,
    ],
  },
  {
    why: 'Whoever waits has decided to wait; deciding again on the same knowledge leads back.',
    mutants: [
      /^participating\.acquiring\.waiting after\(leaseDuration\) else: leads to participating\.acquiring\.(deciding|reacting)$/,
      /^participating\.acquiring\.waiting watchFailed if isWatching: leads to participating\.acquiring\.(deciding|reacting)$/,
      /^participating\.acquiring\.dating (error\(askAge\)|after\(requestTimeout\)): leads to participating\.acquiring\.(deciding|reacting)$/,
      /^participating\.acquiring\.holdingBack always if lockWasTaken: leads to participating\.acquiring\.(deciding|reacting)$/,
      /^participating\.acquiring\.waiting holderDied if holderIsDead: asks nothing$/,
    ],
  },
  {
    why: 'deciding, or reacting, asks the same question, and leads there.',
    mutants: [
      /^participating\.acquiring\.holdingBack after\(contentionDelay\) if lockIsFree: leads to participating\.acquiring\.deciding$/,
      /^participating\.acquiring\.deciding always else: leads to participating\.acquiring\.reacting$/,
    ],
  },
  {
    why: 'What a dead process holds is free: reacting leads there.',
    mutants: [
      /^participating\.acquiring\.(dating|waiting) holderDied if holderIsDead: leads to participating\.acquiring\.holdingBack$/,
    ],
  },
  {
    why: 'running asks whether to step down at once, and drains.',
    mutants: [
      /^participating\.elected\.work\.running lockChanged if asksToStepDown: leads (nowhere|to participating\.elected\.work\.running)$/,
    ],
  },
  {
    why: 'beginning looks at the lock while a write of ours is unanswered, as after a conflict.',
    mutants: [
      /^releasing\.writing error\(release\) if isFirstConflict: leads to releasing(\.beginning)?$/,
    ],
  },
  {
    why: 'The two guards exclude each other (or lead to the same state by the same actions).',
    mutants: [
      /\.writing error\(renewal\) if isFirstConflict: is asked after the next branch$/,
      /\.reading done\(readBack\) if (ownLeaseIsTooShort|heldByAnother): is asked after the next branch$/,
      /^releasing\.checking done\(readBack\) if stillHeldByUs: is asked after the next branch$/,
    ],
  },
  {
    why: 'A timer of the deadline that is early counts down anew.',
    mutants: [/^renewDeadline: half as long$/],
  },
  {
    why: 'No event concerns both the lease and the work.',
    mutants: [/^participating\.elected: asks lease after work$/],
  },
  {
    why: 'The application was told by then, so entering leads to settling at once.',
    mutants: [
      /^lost\.notifying .*: leads to lost(\.entering)?$/,
      /^lost\.settling after\(leaseDuration\) else: leads to lost(\.entering)?$/,
    ],
  },
  {
    why: 'over leads there: overrun and concluding are left at once unless the candidate is to rejoin.',
    mutants: [
      /^lost\.concluding (done|error)\(stopSettled\): leads to rejoining$/,
      /^lost\.concluding after\(lastWrite\) if lastWriteExpired: leads to rejoining$/,
      /^lost\.(overrun|concluding) always if shallEnd: leads to stopped$/,
      /^lost\.overrun always if shallEnd: leads to lost\.concluding$/,
    ],
  },
  {
    why: 'The work has ended by then, so settling leads back at once, and entering leads to settling.',
    mutants: [/^lost\.concluding after\(lastWrite\) else: leads to lost(\.entering|\.settling)?$/],
  },
  {
    why:
      'Only a refusal of a write is treated unlike that of a read; neither silence nor a conflict ' +
      'refuses anything.',
    mutants: [
      / after\(requestTimeout\).*: noteFailure is told of: (read|write)$/,
      / error\(\w+\) if is(First|Explained)Conflict: noteFailure is told of: read$/,
    ],
  },
  {
    why: 'No write is under way in there, so there is none to forget.',
    mutants: [
      /^participating\.acquiring\.reading error\(readLock\): noteFailure is told of: write$/,
    ],
  },
  {
    why: 'What stillHeldByUs leaves is a release of ours, or no write of ours at all.',
    mutants: [
      /^releasing\.checking done\(readBack\) if releaseWasCommitted: asks renewalWasCommitted$/,
    ],
  },
  {
    why: 'Neither action changes what the other one reads, and at most one of them tells anything.',
    mutants: [
      /^(participating\.acquiring\.waiting|rejoining) entry: \w+ after drawJitter$/,
      /: noteLostRace after noteFailure$/,
      /: noteFailure after forgetAttempt$/,
      /: noteReading after forgetAttempt$/,
      /: setEndReason after (drainTerm|noteNews|noteReading|noteTooShort|noteWorkSettled|passOn|rebase|requestStop)$/,
      /: setEndReason after announceDrainTimeout$/,
      /: requestStop after setEndReason$/,
    ],
  },
  {
    why: 'A release that is found in the lock is told as that and as a vacant lock, in either order.',
    mutants: [/: noteReading after noteReleased$/],
  },
  {
    why: 'News is handed out when the actions of a step have run, in whatever order.',
    mutants: [/^participating\.elected\.work\..*: drainTerm after announceDraining$/],
  },
];

/** Why this mutant, by its name, behaves like the chart; undefined for one that should not. */
export function explanationOf(name: string): string | undefined {
  return equivalents.find(({ mutants }) => mutants.some((pattern) => pattern.test(name)))?.why;
}
