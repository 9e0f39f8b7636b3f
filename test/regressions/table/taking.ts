import * as chart from '../seeded-bugs/chart.js';
import * as parts from '../seeded-bugs/parts.js';
import { mutant, simulated } from '../seeded-bugs/seeded-bug.js';
import { named, type Regression } from './regression.js';

/* When a candidate takes the lock, and what makes it a leader. */
export const taking: readonly Regression[] = [
  {
    situation: 'a read shows our own name, the write over it is refused, and the work has begun',
    seenIn: 'fabric8 #7350',
    tests: named(
      'regressions/names > a read that shows our own name > starts nothing when the write over it is refused',
    ),
    bug: simulated('callback-before-write'),
  },
  {
    situation: 'an answer of 409 is taken for success',
    seenIn: 'spring-cloud-kubernetes #2032',
    tests: named(
      'regressions/on-the-wire > an answer of 409 > to a claim is no success: whoever wrote first leads',
      'regressions/on-the-wire > an answer of 409 > to a creation is no success, either',
    ),
    bug: simulated('conflict-is-success'),
  },
  {
    situation: 'a holder whose record lacks its acquire time is robbed',
    seenIn: 'kubernetes_asyncio',
    tests: named(
      'regressions/mixed-fleets > a lock that is held by a client of another library > and renewed is left to it, and taken a lease after its end: %s',
      'unit/election/follower > a candidate that finds the lock held > takes a record %s after %i ms',
    ),
    bug: simulated('missing-acquire-time-is-free'),
  },
  {
    situation: 'a candidate gives up after some tries while the lock is held, for ever',
    seenIn: '@codedependant/kubernetes-leader-election',
    tests: named(
      'unit/election/follower > a candidate that finds the lock held > never gives up, however long the holder lives',
    ),
    bug: chart.pollsForAMinute,
  },
  {
    situation: 'a release goes unnoticed, or a null holder is created over and over',
    seenIn: '@codedependant/kubernetes-leader-election, a NestJS package, the client for C#',
    tests: named(
      'regressions/stored-records > a lock that nobody holds > with %s is updated, never created, and led at once',
    ),
    bug: parts.emptyHolderHolds,
  },
  {
    situation: 'a stale watch event with our name in it makes us leader',
    seenIn: '@codedependant/kubernetes-leader-election',
    tests: named(
      'regressions/wakes > a wake-up that comes late > does not make a candidate lead whose name the lock shows from before',
    ),
    bug: simulated('own-name-is-ours'),
  },
  {
    situation: 'a watch event revives a term that has ended',
    seenIn: '@codedependant/kubernetes-leader-election',
    tests: named(
      'regressions/wakes > a wake-up that comes late > does not revive a term that has ended, though our record still stands in the lock',
    ),
    bug: chart.revivedByWake,
  },
  {
    situation: 'six candidates see an expired lease, all write, and more than one leads',
    seenIn: 'kube-leader-election (Rust)',
    tests: named(
      'regressions/on-the-wire > six candidates that find one expired lease at the same moment > write six times and get one leader, whose record alone is stored',
    ),
    bug: chart.writesUntilStored,
  },
  {
    situation: 'a follower with a shorter lease than the record names takes the lock too early',
    seenIn: 'fabric8 #7160',
    tests: named(
      'unit/election/follower > a candidate that finds the lock held > takes a record %s after %i ms',
      'unit/election/rivals > candidates for one lock > follow the longer lease where their durations differ',
    ),
    bug: simulated('own-duration'),
  },
  {
    situation: 'two processes of one name both lead',
    seenIn: 'npm packages that take the host name for the identity',
    tests: named(
      'regressions/names > two processes of one name > start the work of one of them only, even if a third takes the lock in between',
    ),
    bug: simulated('own-name-is-ours'),
  },
  {
    situation: 'a pod that restarts under its own name never gets its start callback',
    seenIn: 'npm packages that take the host name for the identity',
    tests: named(
      'regressions/names > a pod that restarts under the name that stands in the lock > gets its start callback once, a lease after the process before it wrote last',
      'regressions/names > a pod that restarts under the name that stands in the lock > gets it at once, and only after a write of its own, if its name cannot run twice',
    ),
    bug: chart.startOnlyForNewHolders,
  },
  {
    situation: 'the lock is deleted, and a standby creates it while its leader leads on',
    seenIn: 'client-go',
    tests: named(
      'regressions/deletion > a lock that is deleted, and that a standby finds gone first > is left to its leader, which creates it anew and leads on in the same term',
      'regressions/deletion > a lock that is deleted, and that a standby finds gone first > is created by the standby once the lease of a leader that is cut off has run out',
    ),
    bug: simulated('deletion-is-release'),
  },
  {
    situation:
      'the lock is deleted after a renewal that a standby has not seen, which is too early then',
    seenIn: 'an earlier version of this package',
    tests: named(
      'regressions/deletion > a lock that is deleted, and that a standby finds gone first > is not created before the lease of a renewal has run out that the standby never saw',
    ),
    bug: parts.goneAsLastSeen,
  },
  {
    situation: 'each end of a watch, needed or not, puts the takeover off',
    seenIn: '@kubernetes/client-node #3020',
    tests: named(
      'regressions/wakes > a wake-up that comes for nothing > makes a candidate look, and leaves the holder its whole lease',
      'regressions/wakes > a wake-up that never comes > delays nobody: the lock of a dead leader is taken by the clock',
    ),
    bug: parts.everyLookIsLife,
  },
  {
    situation: 'each end of a watch costs the API server another request',
    seenIn: '@kubernetes/client-node #3020',
    tests: named(
      'regressions/wakes > a wake-up that comes for nothing > adds no second request to the one that is under way',
    ),
    bug: chart.readsWhenWoken,
  },
  {
    situation: 'a network error ends a candidacy before it has led',
    seenIn: 'kubernetes_asyncio, Python',
    tests: named(
      'regressions/on-the-wire > a server that cannot be reached any more > is asked again and again by a candidate, for as long as it takes',
    ),
    bug: mutant(
      'a first look that fails is not caught',
      'participating.acquiring.reading error(readLock): is not there',
    ),
  },
  {
    situation: 'a claim is stored, its answer is lost, and the candidate takes that for a failure',
    seenIn: 'clients that know two outcomes of a write, not three',
    tests: named(
      'regressions/on-the-wire > a claim that is stored and whose answer is lost > starts nothing until it is found in the lock, and is not sent again',
    ),
    bug: mutant(
      'a claim without an answer is forgotten',
      'participating.acquiring.backingOff after(retryDelay) if writeUnanswered: is not there',
    ),
  },
];
