--------------------------- MODULE LeaderElection ---------------------------
(***************************************************************************)
(* The leader election of this package as a formal model: some candidates, *)
(* one lock object on an API server, a network that loses, delays and      *)
(* keeps, and clocks that do not run alike. TLC walks through EVERY order  *)
(* in which these things can happen and looks whether the promises at the  *)
(* end of this file hold in each of them.                                  *)
(*                                                                         *)
(* How to read it. A state is one value for each of the seven VARIABLES.   *)
(* An action is a formula that says when something can happen and what is  *)
(* different afterwards (x' is x after the action). `Next` at the end      *)
(* lists all actions. The short ids in comments (T2, K4 ...) are those of  *)
(* the page that sets out the rules of the election.                       *)
(*                                                                         *)
(* Three thoughts keep the number of states finite without leaving         *)
(* anything out:                                                           *)
(* - Nobody knows what time it is, as in the election itself (T1). There   *)
(*   are only ages, and an age that is older than anybody asks for stops   *)
(*   growing.                                                              *)
(* - There are no version numbers. A version never comes back, so all that *)
(*   matters about the one that a candidate knows is whether it is still   *)
(*   the present one.                                                      *)
(* - A conditional write whose condition has failed can never succeed      *)
(*   later. If nobody waits for it any more, it is as good as lost.        *)
(***************************************************************************)
EXTENDS Naturals, FiniteSets, TLC

CONSTANTS
  Candidates,          \* the processes that would like to lead
  LeaseDuration,       \* how long a follower waits, in ticks of the slowest clock
  RenewDeadline,       \* how long a holder leads on a write
  ClockSteps,          \* how far a clock may go in one tick; see `SteadyClocks` below
  LateWrites,          \* how many abandoned writes may be under way at a time
  ReclaimOwnIdentity,  \* TRUE: a restarted process takes what its own name holds (A3)
  Deletions,           \* "never", "all saw the last record", "all saw the object", "any time"
  Edits,               \* TRUE: others may change labels and the like of the lock (K5)
  Drains,              \* TRUE: the user's work is modelled, and has to end before a release
  Alters,              \* TRUE: admission may alter records, and answers may prove nothing (A1)
  ColdStarts,          \* TRUE: who sees a lease for the first time asks the API server for its age (A7)
  Deaths               \* TRUE: it is heard of a process that it has died, and nobody waits for it (D4)

(* Where names are reclaimed, a record does not tell whether the process that wrote it has died.  *)
ASSUME Deaths => ~ReclaimOwnIdentity

ASSUME /\ LeaseDuration \in Nat /\ RenewDeadline \in 1..LeaseDuration
       /\ LateWrites \in Nat
       /\ Deletions \in {"never", "all saw the last record", "all saw the object", "any time"}

VARIABLES
  lock,     \* the object as the API server stores it
  state,    \* where a candidate stands in the statechart
  age,      \* how old what it relies on is, by its own clock: a holder's lease, counted from
            \* its sending; anybody else's sight of the record, counted from the first time
  sight,    \* how much of the lock's present content it has seen
  attempt,  \* the write that it waits for
  late,     \* writes that nobody waits for any more and that may be stored at any time
  work      \* what the user's work does

vars == <<lock, state, age, sight, attempt, late, work>>

-----------------------------------------------------------------------------
(* Values. *)

Nobody   == "nobody"      \* the holder in a released lock is the empty string (F2)
NoObject == "no object"   \* not a holder: there is no lock object at all
Stranger == "stranger"    \* a name that no running process bears: that of one that has died
Gone     == "gone"        \* a writer that has crashed, or has forgotten that it wrote this
Veiled   == "veiled"      \* its holder has written it, and cannot know it: admission has altered it,
                          \* and no answer has told

(* What the API server stores: whose name, which process wrote it, and how old it is by the    *)
(* writer's clock since the writer SENT it. The API server sees neither of the latter two; a    *)
(* writer does, since it knows its own records to the last digit (K4). `stored` is for how long *)
(* it has been there by the API server's clock, which dates what it stores; it is counted as far *)
(* as anybody asks for it.                                                                       *)
Record(holder, by, sentAgo) == [holder |-> holder, by |-> by, age |-> sentAgo, stored |-> 0]
LongDead == 2 * LeaseDuration + 1

Absent == Record(NoObject, Gone, RenewDeadline)

(* A write under way. `create` is a POST, which is stored whenever there is no object. All      *)
(* others are a PUT on condition of a version.                                                  *)
NoAttempt == [is |-> "none", holder |-> Nobody, age |-> RenewDeadline, create |-> FALSE]
Sent(holder, create) == [is |-> "sent", holder |-> holder, create |-> create,
                         age |-> IF holder = Nobody THEN RenewDeadline ELSE 0]
(* `is` goes on to "stored" or "refused", with the answer on its way; "altered" was stored too,  *)
(* but not as it was sent; "overtaken" was stored, and somebody has written over it before its   *)
(* sender heard of that. "unproven" has a 2xx answer, and was not stored.                        *)
Stored == {"stored", "altered", "overtaken"}

AttemptStates == {"none", "sent", "stored", "altered", "overtaken", "refused", "unproven"}
States == {"down",        \* not running
           "waiting",     \* acquiring: looks at the lock now and then, and may decide to write
           "claiming",    \* acquiring: its claim was sent
           "confirming",  \* acquiring: what became of the claim is not known
           "leading",     \* elected
           "renewing",    \* elected: a renewal was sent
           "reading",     \* elected: the renewal was refused or not answered
           "checking",    \* releasing: is the record in the lock ours?
           "emptying"}    \* releasing: the empty holder was sent
Sights == {"nothing",     \* has never seen the object
           "gone",        \* last saw that there is no object
           "older",       \* saw a record that is not in the lock any more
           "record",      \* saw the record, but somebody has edited the object since
           "exact"}       \* saw the present version

Works == {"none",
          "runs",
          "winds down",        \* told to end, and so is the application: its callback runs
          "work winds down",   \* the callback has ended, and the work has not
          "callback runs",     \* the work has ended, and the callback has not
          "untold"}            \* told to end, and the application does not know of it

TypeOK ==
  /\ lock \in [holder : Candidates \cup {Nobody, NoObject, Stranger},
               by : Candidates \cup {Gone, Veiled}, age : 0..RenewDeadline,
               stored : 0..LongDead]
  /\ state \in [Candidates -> States]
  /\ age \in [Candidates -> 0..LeaseDuration]
  /\ sight \in [Candidates -> Sights]
  /\ attempt \in [Candidates -> [is : AttemptStates, holder : Candidates \cup {Nobody},
                                 age : 0..RenewDeadline, create : BOOLEAN]]
  /\ late \in SUBSET [holder : Candidates \cup {Nobody, Stranger}, by : Candidates \cup {Gone},
                      age : 0..RenewDeadline, create : BOOLEAN]
  /\ Cardinality(late) <= LateWrites
  /\ work \in [Candidates -> Works]

Elected(p)   == state[p] \in {"leading", "renewing", "reading"}
Releasing(p) == state[p] \in {"checking", "emptying"}
Exists       == lock.holder # NoObject

Lower(a, b) == IF a < b THEN a ELSE b

-----------------------------------------------------------------------------
(* THE RULES, each on its own, so that `Variants.tla` can break one at a time. *)

(* T2, T4: whoever holds the lease leads until the renew deadline, and asks the clock itself.   *)
(* This is `isLeader()`; no retry, no hung request and no late timer extends it.                *)
Leads(p) == Elected(p) /\ age[p] < RenewDeadline

(* T2: a lease counts from before the request was sent, however long the answer took.           *)
CountFromSending(p) == attempt[p].age

(* K4: a write that is found in the lock counts from ITS sending, too.                          *)
CountFoundWriteFromItsSending(p) == lock.age

(* A7: whoever has seen nothing of the lock before asks the API server how long the record has  *)
(* been there, by its own two dates. Nobody has renewed for two leases: everybody was down.     *)
AgeByServer   == lock.stored
IsLongDead(p) == ColdStarts /\ sight[p] = "nothing" /\ AgeByServer >= LongDead

(* T3: a record counts from when it was first seen; seeing it again makes it no younger.        *)
CountFromFirstSight(p) ==
  CASE sight[p] \in {"record", "exact"} -> age[p]
    [] IsLongDead(p)                    -> LeaseDuration
    [] OTHER                            -> 0

(* W5: an object that is gone has not been released. Whoever saw the object, and now finds it   *)
(* gone, waits for a whole lease from there: what it knew may have been renewed since it looked *)
(* last. (Who never saw it has an age of LeaseDuration: nothing to wait for.)                   *)
CountVanishedLease(p) == IF sight[p] \in {"older", "record", "exact"} THEN 0 ELSE age[p]

(* K4: which of the writes that went unanswered does a process still take for its own ...       *)
(* ... once it has read the object,                                                             *)
(* ... once it has found the write in the lock by which it holds the lease?                     *)
(* As long as what was read is the version that a write is conditional on, the write may yet be *)
(* stored. One that is conditional on another version will not be, and a create will be only    *)
(* after somebody has deleted the lock.                                                         *)
OwnAfterReading(w)  == ~w.create
OwnAfterReadBack(w) == ~w.create

(* K6: a process that sends another write goes on knowing the one that stands in the lock.      *)
StandsAfterSending(p) == lock

(* A1: what admission has made of our write is ours, once an answer has shown it.               *)
StandsAfterAnswer(p) ==
  IF attempt[p].is = "altered" THEN [lock EXCEPT !.by = p, !.age = attempt[p].age] ELSE lock

(* A1: what was read last, judged without asking anybody: may we write over it?                 *)
IsReleased(p)     == sight[p] = "exact" /\ lock.holder = Nobody
IsOurs(p)         == sight[p] = "exact" /\ lock.by = p       \* to the last digit
BearsOurName(p)   == sight[p] = "exact" /\ lock.holder = p /\ ReclaimOwnIdentity        \* A3
HasRunOut(p)      == sight[p] = "exact" /\ age[p] >= LeaseDuration                      \* T3
IsGoneForGood(p)  == sight[p] = "gone" /\ age[p] >= LeaseDuration                       \* W5

(* D4: the process that holds the lock by this very record is dead. (How that is known for        *)
(* certain is in PodEvidence.tla.)                                                              *)
IsOfTheDead(p)    == Deaths /\ sight[p] = "exact" /\ lock.holder = Stranger

NobodyCanBeLeading(p) ==
  \/ IsReleased(p) \/ IsOurs(p) \/ BearsOurName(p) \/ HasRunOut(p) \/ IsGoneForGood(p)
  \/ IsOfTheDead(p)

(* A1: each write names the version that it is to replace.                                      *)
WritesAreConditional == TRUE

(* A1: nothing but an answer that says so means that a write was stored.                        *)
AnswerSaysStored(p) == attempt[p].is \in Stored

(* K4: a record proves our claim if it is ours to the last digit, and is not too old to lead.   *)
ProvesOurClaim(p) == lock.holder = p /\ lock.by = p /\ lock.age < RenewDeadline

(* L2: what stands in the lock is read first, and only a record of our own is emptied.          *)
MayEmpty(p) == lock.holder = p /\ lock.by = p

(* L2: a release is tried until the lease has run out, and not given up before: its write may   *)
(* be stored late, and a process that led again on the record to be emptied would be overrun.   *)
ReleaseHasHadItsTime(p) == age[p] >= LeaseDuration

(* L1: draining comes before releasing ...                                                      *)
WorkHasEnded(p) == work[p] = "none"

(* ... and so does the answer to a renewal that is under way, or the time in which it may come.  *)
NoAnswerIsDue(p) == state[p] # "renewing"

-----------------------------------------------------------------------------
(* The API server: it takes writes one at a time (etcd is linearizable).                        *)

(* Once another record is in the lock, who knew the old one knows an older one. The second case *)
(* only saves states: if objects never vanish, an outdated sight is good for nothing.           *)
Outdated(s) == CASE s \in {"record", "exact"} -> "older"
                 [] ColdStarts                -> s
                 [] Deletions = "never"       -> "older"
                 [] OTHER                     -> s
Unaware == IF Deletions = "never" /\ Exists /\ ~ColdStarts THEN "older" ELSE "nothing"
AgeOnceOutdated(q) ==
  IF Deletions = "never" /\ ~Elected(q) /\ ~Releasing(q) THEN LeaseDuration ELSE age[q]

(* How long ago a refused write was sent matters to nobody. *)
Refused(a) == [a EXCEPT !.is = "refused", !.age = RenewDeadline]

(* A write on condition of the version that has just been replaced will be refused. *)
ConditionFails(a) ==
  CASE a.is = "sent" /\ ~a.create /\ WritesAreConditional -> Refused(a)
    [] a.is \in {"stored", "altered"} -> [a EXCEPT !.is = "overtaken"]
    [] OTHER -> a
StillPossible(writes) ==
  {w \in writes : (w.create /\ Deletions # "never") \/ ~WritesAreConditional}

Replace(record) ==
  /\ lock' = record
  /\ sight' = [q \in Candidates |-> Outdated(sight[q])]
  /\ age' = [q \in Candidates |-> AgeOnceOutdated(q)]

StoreWrite(p) ==
  /\ attempt[p].is = "sent"
  /\ attempt[p].create => ~Exists
  /\ Replace(Record(attempt[p].holder, p, attempt[p].age))
  /\ attempt' = [q \in Candidates |-> IF q = p THEN [attempt[p] EXCEPT !.is = "stored"]
                                      ELSE ConditionFails(attempt[q])]
  /\ late' = StillPossible(late)
  /\ UNCHANGED <<state, work>>

(* Admission alters a record on its way into the store; an empty holder stays one. *)
StoreAltered(p) ==
  /\ Alters /\ attempt[p].is = "sent" /\ attempt[p].holder # Nobody
  /\ attempt[p].create => ~Exists
  /\ Replace(Record(attempt[p].holder, Veiled, RenewDeadline))
  /\ attempt' = [q \in Candidates |-> IF q = p THEN [attempt[p] EXCEPT !.is = "altered"]
                                      ELSE ConditionFails(attempt[q])]
  /\ late' = StillPossible(late)
  /\ UNCHANGED <<state, work>>

(* A 2xx answer, and nothing is stored: it names another holder, or the version that was there.  *)
ProveNothing(p) ==
  /\ Alters /\ attempt[p].is = "sent"
  /\ attempt' = [attempt EXCEPT ![p].is = "unproven"]
  /\ UNCHANGED <<lock, state, age, sight, late, work>>

(* A request that its sender gave up arrives after all ("zombie write"). *)
StoreLateWrite(w) ==
  /\ w.create => ~Exists
  /\ Replace(Record(w.holder, w.by, w.age))
  /\ attempt' = [q \in Candidates |-> ConditionFails(attempt[q])]
  /\ late' = StillPossible(late \ {w})
  /\ UNCHANGED <<state, work>>

RefuseCreate(p) ==
  /\ attempt[p].is = "sent" /\ attempt[p].create /\ Exists
  /\ attempt' = [attempt EXCEPT ![p] = Refused(@)]
  /\ UNCHANGED <<lock, state, age, sight, late, work>>

-----------------------------------------------------------------------------
(* The network: an answer that does not come, for whatever reason. The request may be lost, or  *)
(* stored already, or stored at any later time. Its sender cannot tell these apart.             *)

LateAfterGivingUp(p) ==
  {late} \cup
  IF attempt[p].is = "sent" /\ Cardinality(late) < LateWrites
  THEN {late \cup {[holder |-> attempt[p].holder, by |-> p, age |-> attempt[p].age,
                    create |-> attempt[p].create]}}
  ELSE {}

Abandon(p) ==
  /\ late' \in LateAfterGivingUp(p)
  /\ attempt' = [attempt EXCEPT ![p] = NoAttempt]

-----------------------------------------------------------------------------
(* Acquiring. *)

(* A write that its own sender would not recognise any more. *)
Forgotten(w, p) == IF w.by = p THEN [w EXCEPT !.by = Gone, !.age = RenewDeadline] ELSE w

OwnWritesAfterReading(p) == {IF OwnAfterReading(w) THEN w ELSE Forgotten(w, p) : w \in late}

(* What a read does to what a candidate knows. The answer may take its time: the candidate acts *)
(* on it in a later step, while other things happen.                                            *)
NoteReading(p) ==
  IF Exists
  THEN /\ sight' = [sight EXCEPT ![p] = "exact"]
       /\ age' = [age EXCEPT ![p] = IF lock.holder = Nobody THEN LeaseDuration
                                    ELSE CountFromFirstSight(p)]
       /\ late' = OwnWritesAfterReading(p)
  ELSE /\ sight' = [sight EXCEPT ![p] = "gone"]
       /\ age' = [age EXCEPT ![p] = CountVanishedLease(p)]
       /\ late' = late

(* A1: GET ... (While the work of an earlier term winds down, a process is no candidate.)       *)
Look(p) ==
  /\ state[p] = "waiting" /\ work[p] = "none"
  /\ NoteReading(p)
  /\ UNCHANGED <<lock, state, attempt, work>>

(* ... decide, conditional write. *)
DecideAndClaim(p) ==
  /\ state[p] = "waiting" /\ work[p] = "none"
  /\ NobodyCanBeLeading(p)
  /\ state' = [state EXCEPT ![p] = "claiming"]
  /\ attempt' = [attempt EXCEPT ![p] = Sent(p, sight[p] = "gone")]
  /\ UNCHANGED <<lock, age, sight, late, work>>

Hold(p, validSince, seen) ==
  /\ state' = [state EXCEPT ![p] = "leading"]
  /\ age' = [age EXCEPT ![p] = validSince]
  /\ sight' = [sight EXCEPT ![p] = seen]
  /\ attempt' = [attempt EXCEPT ![p] = NoAttempt]

BeginWork(p) == work' = [work EXCEPT ![p] = IF Drains THEN "runs" ELSE "none"]

(* What the answer to our write tells about the lock. It may have been edited since. *)
SightAfterAnswer(p) ==
  IF attempt[p].is = "overtaken" THEN {Outdated("exact")}
  ELSE IF Edits THEN {"record", "exact"} ELSE {"exact"}

(* A1, T2: the answer makes us leader, unless it took so long that the deadline is over. *)
LeadOnAnsweredClaim(p) ==
  /\ state[p] = "claiming" /\ AnswerSaysStored(p)
  /\ CountFromSending(p) < RenewDeadline
  /\ \E seen \in SightAfterAnswer(p) : Hold(p, CountFromSending(p), seen)
  /\ late' = {Forgotten(w, p) : w \in late}
  /\ lock' = StandsAfterAnswer(p)
  /\ BeginWork(p)

AnswerCameTooLate(p) ==
  /\ state[p] = "claiming" /\ AnswerSaysStored(p)
  /\ CountFromSending(p) >= RenewDeadline
  /\ state' = [state EXCEPT ![p] = "confirming"]
  /\ attempt' = [attempt EXCEPT ![p] = NoAttempt]
  /\ lock' = StandsAfterAnswer(p)
  /\ UNCHANGED <<age, sight, late, work>>

(* K4: a conflict is no proof of anything (a proxy may have repeated a write that was stored:   *)
(* for its sender that is the same as no answer). It is read back, unless the watch has told    *)
(* already who was faster.                                                                      *)
ClaimRefused(p) ==
  /\ state[p] = "claiming" /\ attempt[p].is \in {"refused", "unproven"}
  /\ \E next \in IF attempt[p].is = "refused" THEN {"waiting", "confirming"} ELSE {"confirming"} :
       state' = [state EXCEPT ![p] = next]
  /\ attempt' = [attempt EXCEPT ![p] = NoAttempt]
  /\ UNCHANGED <<lock, age, sight, late, work>>

(* K3, K4: not answered in time, or too late: neither success nor failure. *)
GiveUpOnClaim(p) ==
  /\ state[p] = "claiming" /\ Abandon(p)
  /\ state' = [state EXCEPT ![p] = "confirming"]
  /\ UNCHANGED <<lock, age, sight, work>>

(* K4: read back. Our exact record proves the claim; anything else is looked at like any other. *)
LeadOnClaimReadBack(p) ==
  /\ state[p] = "confirming" /\ ProvesOurClaim(p)
  /\ Hold(p, CountFoundWriteFromItsSending(p), "exact")
  /\ late' = {IF OwnAfterReadBack(w) THEN w ELSE Forgotten(w, p) : w \in late}
  /\ BeginWork(p)
  /\ UNCHANGED lock

ClaimNotFound(p) ==
  /\ state[p] = "confirming" /\ ~ProvesOurClaim(p)
  /\ state' = [state EXCEPT ![p] = "waiting"]
  /\ NoteReading(p)
  /\ UNCHANGED <<lock, attempt, work>>

(* stop() while a claim is not settled: wait for its end, then see that nothing stays behind.   *)
(* (Its lease counts from the claim. To count from here lets the release take longer.)          *)
StopWhileAcquiring(p) ==
  /\ \/ state[p] = "claiming" /\ attempt[p].is # "sent"
     \/ state[p] = "confirming"
  /\ state' = [state EXCEPT ![p] = "checking"]
  /\ age' = [age EXCEPT ![p] = 0]
  /\ attempt' = [attempt EXCEPT ![p] = NoAttempt]
  /\ UNCHANGED <<lock, sight, late, work>>

-----------------------------------------------------------------------------
(* Keeping it. *)

(* K1: write without reading, on condition of our last write; if the object is gone, create it. *)
RenewWithoutReading(p) ==
  /\ state[p] = "leading" /\ Leads(p)
  /\ state' = [state EXCEPT ![p] = "renewing"]
  /\ attempt' = [attempt EXCEPT ![p] =
       LET a == Sent(p, sight[p] = "gone")
       IN  IF sight[p] \in {"exact", "gone"} THEN a ELSE ConditionFails(a)]
  /\ lock' = StandsAfterSending(p)
  /\ UNCHANGED <<age, sight, late, work>>

RenewalAnswered(p) ==
  /\ state[p] = "renewing" /\ AnswerSaysStored(p) /\ Leads(p)
  /\ \E seen \in SightAfterAnswer(p) : Hold(p, CountFromSending(p), seen)
  /\ late' = {Forgotten(w, p) : w \in late}
  /\ lock' = StandsAfterAnswer(p)
  /\ UNCHANGED work

(* K1, K4: refused or not answered: read the lock before anything else. *)
RenewalRefused(p) ==
  /\ state[p] = "renewing" /\ attempt[p].is \in {"refused", "unproven"} /\ Leads(p)
  /\ state' = [state EXCEPT ![p] = "reading"]
  /\ attempt' = [attempt EXCEPT ![p] = NoAttempt]
  /\ UNCHANGED <<lock, age, sight, late, work>>

GiveUpOnRenewal(p) ==
  /\ state[p] = "renewing" /\ Leads(p) /\ Abandon(p)
  /\ state' = [state EXCEPT ![p] = "reading"]
  /\ UNCHANGED <<lock, age, sight, work>>

(* L1: the work is told at once (its signal is aborted), and so is the application, by its       *)
(* callback; both may need time to wind down. *)
TellWork(p) == work' = [work EXCEPT ![p] = IF @ = "runs" THEN "winds down" ELSE @]

(* K4: what was read is an unanswered renewal of ours: it was stored, and is our lease now.     *)
RenewalReadBack(p) ==
  /\ state[p] = "reading" /\ Leads(p) /\ lock.by = p /\ sight[p] \notin {"record", "exact"}
  /\ Hold(p, CountFoundWriteFromItsSending(p), "exact")
  /\ late' = {IF OwnAfterReadBack(w) THEN w ELSE Forgotten(w, p) : w \in late}
  /\ UNCHANGED <<lock, work>>

(* K1: it is the record that we hold the lease by: write again, on condition of what was read.  *)
OwnRecordReadBack(p) ==
  /\ state[p] = "reading" /\ Leads(p) /\ lock.by = p /\ sight[p] \in {"record", "exact"}
  /\ state' = [state EXCEPT ![p] = "leading"]
  /\ sight' = [sight EXCEPT ![p] = "exact"]
  /\ late' = OwnWritesAfterReading(p)
  /\ UNCHANGED <<lock, age, attempt, work>>

ObjectFoundGone(p) ==
  /\ state[p] = "reading" /\ Leads(p) /\ ~Exists
  /\ state' = [state EXCEPT ![p] = "leading"]
  /\ sight' = [sight EXCEPT ![p] = "gone"]
  /\ UNCHANGED <<lock, age, attempt, late, work>>

(* K1: another holder: lost at once, not at the deadline.                                       *)
Superseded(p) ==
  /\ state[p] = "reading" /\ Leads(p) /\ Exists /\ lock.by # p
  /\ state' = [state EXCEPT ![p] = "waiting"]
  /\ TellWork(p)
  /\ NoteReading(p)
  /\ UNCHANGED <<lock, attempt>>

(* L3: the deadline. `Leads` is false already; whatever was under way is given up. Whatever else *)
(* a holder hears of, it asks about the deadline first, so all its other actions need `Leads`.   *)
(* What we wrote last is the record that we have seen last, so its age goes on counting for us   *)
(* as a follower.                                                                                *)
LoseAtDeadline(p) ==
  /\ Elected(p) /\ ~Leads(p)
  /\ state' = [state EXCEPT ![p] = "waiting"]
  /\ TellWork(p)
  /\ Abandon(p)
  /\ UNCHANGED <<lock, age, sight>>

-----------------------------------------------------------------------------
(* Letting go. *)

(* L1: stop() tells the work to end; the lease is renewed meanwhile, as if nothing had happened: *)
(* no renewal under way is given up for it.                                                      *)
StopAndDrain(p) ==
  /\ Leads(p) /\ work[p] = "runs"
  /\ TellWork(p)
  /\ UNCHANGED <<lock, state, age, sight, attempt, late>>

(* The work comes to its end, told or by itself. *)
WorkEnds(p) ==
  /\ work[p] \in {"runs", "winds down", "work winds down", "untold"}
  /\ work' = [work EXCEPT ![p] =
       IF @ \in {"winds down", "untold"} THEN "callback runs" ELSE "none"]
  /\ UNCHANGED <<lock, state, age, sight, attempt, late>>

CallbackEnds(p) ==
  /\ work[p] \in {"winds down", "callback runs"}
  /\ work' = [work EXCEPT ![p] = IF @ = "winds down" THEN "work winds down" ELSE "none"]
  /\ UNCHANGED <<lock, state, age, sight, attempt, late>>

(* L1: work that does not end in time keeps the lock from being released: it runs out.          *)
DrainTimeout(p) ==
  /\ Leads(p) /\ work[p] \notin {"none", "runs"}
  /\ state' = [state EXCEPT ![p] = "waiting"]
  /\ Abandon(p)
  /\ UNCHANGED <<lock, age, sight, work>>

(* L1, L3: from here on we do not lead. A renewal that went unanswered may be stored yet.       *)
BeginRelease(p) ==
  /\ Leads(p) /\ WorkHasEnded(p) /\ NoAnswerIsDue(p)
  /\ state' = [state EXCEPT ![p] = "checking"]
  /\ Abandon(p)
  /\ UNCHANGED <<lock, age, sight, work>>

(* L2: read, check, and write an empty holder on condition of what was read.                    *)
CheckBeforeEmptying(p) ==
  /\ state[p] = "checking" /\ MayEmpty(p)
  /\ state' = [state EXCEPT ![p] = "emptying"]
  /\ attempt' = [attempt EXCEPT ![p] = Sent(Nobody, FALSE)]
  /\ sight' = [sight EXCEPT ![p] = "exact"]
  /\ late' = OwnWritesAfterReading(p)
  /\ UNCHANGED <<lock, age, work>>

NotOursToEmpty(p) ==
  /\ state[p] = "checking" /\ ~MayEmpty(p)
  /\ state' = [state EXCEPT ![p] = "waiting"]
  /\ NoteReading(p)
  /\ UNCHANGED <<lock, attempt, work>>

EmptyingAnswered(p) ==
  /\ state[p] = "emptying" /\ AnswerSaysStored(p)
  /\ state' = [state EXCEPT ![p] = "waiting"]
  /\ attempt' = [attempt EXCEPT ![p] = NoAttempt]
  /\ UNCHANGED <<lock, age, sight, late, work>>

(* L2: on a conflict, or without an answer, check again. *)
EmptyingRefused(p) ==
  /\ state[p] = "emptying" /\ attempt[p].is \in {"refused", "unproven"}
  /\ state' = [state EXCEPT ![p] = "checking"]
  /\ attempt' = [attempt EXCEPT ![p] = NoAttempt]
  /\ UNCHANGED <<lock, age, sight, late, work>>

GiveUpOnEmptying(p) ==
  /\ state[p] = "emptying" /\ Abandon(p)
  /\ state' = [state EXCEPT ![p] = "checking"]
  /\ UNCHANGED <<lock, age, sight, work>>

(* L2: bounded by the lease. *)
GiveUpReleasing(p) ==
  /\ Releasing(p) /\ ReleaseHasHadItsTime(p)
  /\ state' = [state EXCEPT ![p] = "waiting"]
  /\ Abandon(p)
  /\ UNCHANGED <<lock, age, sight, work>>

-----------------------------------------------------------------------------
(* Crash and restart. A process that ends in good order, without a term, is the same to others. *)

(* What a process wrote loses its author with it; under a name that nobody takes for its own    *)
(* there is not even a need to remember whose it was.                                           *)
Orphaned(w, p) ==
  IF w.by # p /\ ~(w.by = Veiled /\ w.holder = p) THEN w
  ELSE [w EXCEPT !.by = Gone, !.age = RenewDeadline,
                 !.holder = IF @ = p /\ ~ReclaimOwnIdentity THEN Stranger ELSE @]

Crash(p) ==
  /\ state[p] # "down"
  /\ state' = [state EXCEPT ![p] = "down"]
  /\ age' = [age EXCEPT ![p] = LeaseDuration]
  /\ sight' = [sight EXCEPT ![p] = Unaware]
  /\ attempt' = [attempt EXCEPT ![p] = NoAttempt]
  /\ \E l \in LateAfterGivingUp(p) : late' = {Orphaned(w, p) : w \in l}
  /\ lock' = Orphaned(lock, p)
  /\ work' = [work EXCEPT ![p] = "none"]

(* Where deleting the lock by hand is assumed to be done with care (see below), nobody comes up  *)
(* who cannot know of a holder, before the lock is back.                                        *)
MayComeUp == Exists \/ Deletions \in {"never", "any time"}

RestartWithSameIdentity(p) ==
  /\ state[p] = "down" /\ MayComeUp
  /\ state' = [state EXCEPT ![p] = "waiting"]
  /\ UNCHANGED <<lock, age, sight, attempt, late, work>>

(* The name in the lock and in writes under way is from now on nobody's. Without the option     *)
(* above this is the same as a restart with the same identity: a name alone proves nothing.     *)
RestartWithNewIdentity(p) ==
  /\ state[p] = "down" /\ MayComeUp
  /\ state' = [state EXCEPT ![p] = "waiting"]
  /\ LET rename(w) == IF w.holder = p THEN [w EXCEPT !.holder = Stranger] ELSE w
     IN  lock' = rename(lock) /\ late' = {rename(w) : w \in late}
  /\ UNCHANGED <<age, sight, attempt, work>>

-----------------------------------------------------------------------------
(* Other people. *)

Running(p) == state[p] # "down"

(* W5: deleting the lock by hand is safe only as far as candidates know of the holder. The      *)
(* second part of the assumption is `MayComeUp`.                                                *)
DeletionIsAllowed ==
  CASE Deletions = "never" -> FALSE
    [] Deletions = "all saw the last record" ->
         \A q \in Candidates : Running(q) /\ sight[q] \in {"record", "exact"}
    [] Deletions = "all saw the object" ->
         \A q \in Candidates : Running(q) /\ sight[q] \in {"older", "record", "exact"}
    [] Deletions = "any time" -> TRUE

DeleteByHand ==
  /\ Exists /\ DeletionIsAllowed
  /\ Replace(Absent)
  /\ attempt' = [q \in Candidates |-> ConditionFails(attempt[q])]
  /\ late' = StillPossible(late)
  /\ UNCHANGED <<state, work>>

(* A new version of the object with the same record in it. *)
EditByHand ==
  /\ Edits /\ Exists
  /\ sight' = [q \in Candidates |-> IF sight[q] = "exact" THEN "record" ELSE sight[q]]
  /\ attempt' = [q \in Candidates |-> IF attempt[q].is = "sent" THEN ConditionFails(attempt[q])
                                      ELSE attempt[q]]
  /\ late' = StillPossible(late)
  /\ UNCHANGED <<lock, state, age, work>>

-----------------------------------------------------------------------------
(* Time. In one tick each clock goes on by a step of its own; in the next one it may be another *)
(* step. So clocks differ by up to the ratio of the largest step to the smallest, for ever or   *)
(* now and then. `own` is what the age of a process's own writes grows by, `seen` that of what  *)
(* it saw: a machine that sleeps counts its sleep against its own lease, but need not notice it *)
(* while it waits for another's (T5).                                                           *)

Clock(n) == [own |-> n, seen |-> n]
SteadyClocks   == {Clock(1)}
OneTwiceAsFast == {Clock(1), Clock(2)}
SleepyClocks   == {Clock(1), [own |-> 1, seen |-> 0]}

Older(w, step) ==
  IF w.by \in {Gone, Veiled} \/ w.holder \in {Nobody, NoObject} THEN w
  ELSE [w EXCEPT !.age = Lower(w.age + step[w.by].own, RenewDeadline)]

Tick ==
  \E step \in [Candidates -> ClockSteps] :
    /\ age' = [q \in Candidates |->
         Lower(age[q] + (IF Elected(q) \/ Releasing(q) THEN step[q].own ELSE step[q].seen), LeaseDuration)]
    /\ attempt' = [q \in Candidates |->
         [attempt[q] EXCEPT !.age = IF attempt[q].is = "sent" \/ attempt[q].is \in Stored
                                    THEN Lower(@ + step[q].own, RenewDeadline) ELSE @]]
    /\ lock' = [Older(lock, step) EXCEPT !.stored =
         IF ColdStarts /\ Exists THEN Lower(@ + 1, LongDead) ELSE 0]
    /\ late' = {Older(w, step) : w \in late}
    /\ UNCHANGED <<state, sight, work>>

-----------------------------------------------------------------------------
Init ==
  /\ lock = Absent
  /\ state = [p \in Candidates |-> "waiting"]
  /\ age = [p \in Candidates |-> LeaseDuration]
  /\ sight = [p \in Candidates |-> "nothing"]
  /\ attempt = [p \in Candidates |-> NoAttempt]
  /\ late = {}
  /\ work = [p \in Candidates |-> "none"]

ServerAnswers(p) == StoreWrite(p) \/ RefuseCreate(p) \/ StoreAltered(p) \/ ProveNothing(p)

LateWriteArrives == \E w \in late : StoreLateWrite(w)

(* What a candidate does as long as requests are answered and nobody disturbs. *)
Proceed(p) ==
  \/ Look(p) \/ DecideAndClaim(p) \/ LeadOnAnsweredClaim(p) \/ AnswerCameTooLate(p)
  \/ ClaimRefused(p)
  \/ LeadOnClaimReadBack(p) \/ ClaimNotFound(p)
  \/ RenewWithoutReading(p) \/ RenewalAnswered(p) \/ RenewalRefused(p)
  \/ RenewalReadBack(p) \/ OwnRecordReadBack(p) \/ ObjectFoundGone(p) \/ Superseded(p)
  \/ LoseAtDeadline(p)
  \/ CheckBeforeEmptying(p) \/ NotOursToEmpty(p) \/ EmptyingAnswered(p)
  \/ EmptyingRefused(p) \/ WorkEnds(p) \/ CallbackEnds(p)

LetGo(p) == StopWhileAcquiring(p) \/ StopAndDrain(p) \/ BeginRelease(p)

Fault(p) ==
  \/ GiveUpOnClaim(p) \/ GiveUpOnRenewal(p) \/ GiveUpOnEmptying(p) \/ GiveUpReleasing(p)
  \/ DrainTimeout(p) \/ Crash(p)

ComeUp(p) == RestartWithSameIdentity(p) \/ RestartWithNewIdentity(p)

Next ==
  \/ Tick
  \/ LateWriteArrives
  \/ \E p \in Candidates : ServerAnswers(p) \/ Proceed(p) \/ LetGo(p) \/ Fault(p) \/ ComeUp(p)
  \/ DeleteByHand
  \/ EditByHand

Spec == Init /\ [][Next]_vars

Interchangeable == Permutations(Candidates)

-----------------------------------------------------------------------------
(* THE PROMISES. *)

NeverTwoLeaders == \A p, q \in Candidates : Leads(p) /\ Leads(q) => p = q

(* Stronger: as long as somebody leads, nobody else has written, so nobody can be about to lead.*)
(* (A lock deleted by hand is created by whoever comes first.)                                  *)
WhoLeadsHoldsTheLock ==
  Deletions = "never" => \A p \in Candidates : Leads(p) => lock.holder = p

(* L1: the lock is not given back while the work or the stop callback runs ... *)
WorkEndsBeforeRelease == \A p \in Candidates : Releasing(p) => work[p] = "none"

(* ... and with the work the application is told. *)
EndIsTold == \A p \in Candidates : work[p] # "untold"

(* L2: what a release is conditional on is known, as far as an answer can tell.                 *)
ReleaseWaitsForAnswer ==
  [][\A p \in Candidates : Elected(p) /\ Releasing(p)' => attempt[p] = NoAttempt]_vars

Begins(p) == ~Elected(p) /\ Elected(p)'

(* A1, L5: at the start of a term the write that won it has been stored.                        *)
LeadsOnlyAfterCommittedWrite ==
  [][\A p \in Candidates : Begins(p) => \/ attempt[p].is \in Stored
                                        \/ lock.holder = p /\ lock.by = p]_vars

(* F1: a term's fencing token is the version of the write that won it. If no other write has    *)
(* been stored since, it is larger than the token of every term before.                         *)
FencingTokensGrow ==
  [][\A p \in Candidates : Begins(p) => ~Exists \/ (lock.holder = p /\ lock.by \in {p, Veiled})]_vars

(* L2: a lock is emptied by the process whose record stands in it, and by nobody else.          *)
NoReleaseOfAnothersLock ==
  [][lock'.holder = Nobody /\ lock # lock' /\ lock.holder # Nobody => lock.by = lock'.by]_vars

(* K4, K6: no leader takes a write of its own for another's, and steps down because of it. What *)
(* admission has made of a write that went unanswered, nobody can know for its own.             *)
NeverSupersededByItself ==
  Deletions = "never" => \A p \in Candidates :
    state[p] = "reading" /\ Leads(p) /\ lock.holder = p => lock.by \in {p, Veiled}

=============================================================================
