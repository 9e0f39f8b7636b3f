import * as chart from '../seeded-bugs/chart.js';
import * as parts from '../seeded-bugs/parts.js';
import { mutant, simulated } from '../seeded-bugs/seeded-bug.js';
import { named, type Regression } from './regression.js';

/* How long a leader leads, and what it makes of the answers to its renewals. */
export const keeping: readonly Regression[] = [
  {
    situation: 'our own record in the lock is forgotten when many renewals fail in a row',
    seenIn: 'this library',
    tests: named(
      'unit/election/one-sided > with a lease of %i s, a deadline of %i s and retries of %i s > while %s the lock stays ours',
      'unit/election/one-sided > with a lease of %i s, a deadline of %i s and retries of %i s > stopped while %s it releases once that is over',
    ),
    bug: simulated('eight-writes-remembered'),
  },
  {
    situation: "a policy rewrites the record, and our own write is taken for another's",
    seenIn: 'kyverno #4037',
    tests: named(
      'unit/election/odd-locks > a store that alters records (watched: %s) > and %s: leads, goes on, releases, says so once',
    ),
    bug: chart.writesAsSent,
  },
  {
    situation: 'a leader learns that another holds the lock, and goes on until its deadline',
    seenIn: 'client-go',
    tests: named(
      'unit/election/renewal > a renewal that meets a conflict > ends the term at once when another holds the lock',
    ),
    bug: simulated('known-loss-ignored'),
  },
  {
    situation: 'the deadline counts from the answer to a renewal, not from its sending',
    seenIn: 'client-go',
    tests: named(
      'unit/election/deadline > a leader whose renewals go unanswered > counts from the sending of a renewal that was answered late, too',
      'unit/election/rivals > candidates for one lock > see a leader stop in time whose last renewal was answered late',
    ),
    bug: simulated('deadline-from-response'),
  },
  {
    situation: 'the deadline begins anew with every round of renewals',
    seenIn: 'client-go, Python',
    tests: named(
      'unit/election/deadline > a leader whose renewals go unanswered > is not helped by requests that hang',
    ),
    bug: simulated('deadline-anew-each-round'),
  },
  {
    situation: 'a release is tried before the work hears of the loss, and delays that',
    seenIn: 'client-go',
    tests: named(
      'unit/election/deadline > a leader whose renewals go unanswered > tells the work before anything else, and asks the network nothing',
    ),
    bug: mutant(
      'the deadline leads to a release',
      'participating.elected.deadline.counting * if leaseLapsed: leads to releasing',
    ),
  },
  {
    situation: 'a network error, or an answer that is no JSON, escapes the loop and ends run()',
    seenIn: 'kubernetes_asyncio, Python',
    tests: named(
      'regressions/on-the-wire > a server that cannot be reached any more > ends the term of its leader at the deadline, with the stop callback, and not run()',
      'regressions/on-the-wire > an answer that is no JSON > to every request ends the term at the deadline, with the stop callback',
    ),
    bug: mutant(
      'a read that fails during a renewal is not caught',
      'participating.elected.lease.renewing.reading error(readBack): is not there',
    ),
  },
  {
    situation: 'a single answer of 500 ends the term',
    seenIn: '@codedependant/kubernetes-leader-election',
    tests: named(
      'regressions/on-the-wire > an answer that is no JSON > with status %d, once, does not disturb the term of a leader',
    ),
    bug: mutant(
      'a renewal that fails is a loss',
      'participating.elected.lease.renewing.writing error(renewal) else: leads to lost',
    ),
  },
  {
    situation: 'renewals wait for events of a watch, which has gone silent',
    seenIn: '@codedependant/kubernetes-leader-election',
    tests: named(
      'unit/election/renewal > a leader that renews > writes without reading first, a retry period after each success',
    ),
    bug: mutant(
      'the retry period starts no renewal',
      'participating.elected.lease.leading after(retryPeriod): is not there',
    ),
  },
  {
    situation: 'a renewal that hung is stored after the deadline, and others take over at once',
    seenIn: 'the client for C#',
    tests: named(
      'regressions/late-writes > a renewal that is stored after its sender has lost its leadership > makes the others wait for another lease, and nobody leader',
    ),
    bug: parts.countsFromFirstSight,
  },
  {
    situation: 'a renewal that hung is stored over the record of the next leader',
    seenIn: 'the client for C#',
    tests: named(
      'regressions/late-writes > a renewal that is stored after its sender has lost its leadership > is refused when another has taken the lock meanwhile',
    ),
    bug: parts.writesUnconditionally,
  },
  {
    situation: 'a renewal that hung begins the next term without another write',
    seenIn: 'the client for C#',
    tests: named(
      'regressions/late-writes > a renewal that is stored after its sender has lost its leadership > is not what the next term of its sender begins with: that is a write of its own',
    ),
    bug: simulated('grant-by-name'),
  },
];
