---------------------------- MODULE PodEvidence ----------------------------
(***************************************************************************)
(* When a process is dead for certain. A leader may write into the lock    *)
(* which process it is, and in which container of which pod; whoever hears *)
(* from the kubelet that it has ended does not wait for its lease. Here is *)
(* one container, whose instances come one after another, and outside of   *)
(* it a follower. TLC looks whether anybody is ever taken for dead who is  *)
(* not.                                                                    *)
(*                                                                         *)
(* Leases, late writes and the like are in LeaderElection.tla, and here as *)
(* bad as can be: a leader leads for as long as it likes, and hears of     *)
(* nobody who takes the lock from it.                                      *)
(*                                                                         *)
(* Times are those of the clock of the node, which goes on and is set      *)
(* back. How long anything really takes does not matter to anybody. The    *)
(* ids in comments (D1 ...) are those of the page that sets out the rules. *)
(***************************************************************************)
EXTENDS Naturals, FiniteSets, TLC

CONSTANTS
  Processes,     \* those that run in the container, sooner or later
  Instances,     \* how many instances it has at most
  Latest,        \* the clock shows 1 to that, in ticks
  Margin,        \* how much later than its process an instance has to end (2 s in the package)
  LatestStart,   \* how much later than its container a process may begin (5 s)
  SetBacks,      \* "little": the clock is never Margin or more behind the end of an instance;
                 \* "much": it may be, unless that happens while a container restarts
  Stale,         \* TRUE: a watch may tell of a pod as it was at any time before
  Strange        \* how often something is told that is no evidence (D3), or not of this container

ASSUME /\ SetBacks \in {"little", "much"} /\ Stale \in BOOLEAN
       /\ Margin \in 1..Latest /\ LatestStart \in Nat /\ Instances \in Nat /\ Strange \in Nat

VARIABLES
  wall,       \* what the clock of the node shows
  behind,     \* how far behind that is the clock that processes are shown (a sandbox has its own)
  shares,     \* TRUE: processes outlive their container (hostPID, shareProcessNamespace)
  container,  \* its present instance: its number, whether it runs, when it began and ended; when the
              \* one before ended, and the highest time at which any did
  process,    \* of each process: its instance, when it began by its own clock, whether it lives, and
              \* what it may offer: the UID of the pod that it has found to be its own
  pod,        \* the pod as the API server has it, by the last status
  said,       \* what a watch may tell of it
  strange,    \* how often something strange was told
  lock,       \* by whom the record is, what it offers, and whether the offer is of this very record
  leads,      \* who believes to lead
  heard       \* of whose death the follower has heard

vars == <<wall, behind, shares, container, process, pod, said, strange, lock, leads, heard>>
node == <<wall, behind, shares, container, process>>
api  == <<pod, said, strange>>

-----------------------------------------------------------------------------
(* Values. *)

Follower   == "follower"   \* it is outside of the container
Nobody     == "nobody"
Candidates == Processes \cup {Follower}
Times      == 1..Latest
Never      == 0
Uids       == {"ours", "a namesake's"}

End(name, at, reason) == [container |-> name, at |-> at, reason |-> reason]
Ends == [container : {"app", "sidecar"}, at : Times \cup {Never}, reason : {"told", "made up"}]
Pods == [uid : Uids, is : {"there", "gone", "failed"}, since : Times \cup {Never},
         ends : SUBSET Ends]

TypeOK ==
  /\ wall \in Times /\ behind \in 0..Latest /\ shares \in BOOLEAN
  /\ container \in [number : 0..Instances, runs : BOOLEAN, began : Times \cup {Never},
                    ended : Times \cup {Never}, before : Times \cup {Never},
                    highest : Times \cup {Never}]
  /\ process \in [Processes -> [of : 0..Instances, began : Times \cup {Never}, lives : BOOLEAN,
                                 offers : Uids \cup {Nobody}]]
  /\ pod \in Pods /\ said \subseteq Pods /\ strange \in 0..Strange
  /\ lock \in [by : Candidates \cup {Nobody}, offers : Processes \cup {Nobody},
               uid : Uids \cup {Nobody}, container : {"app", "sidecar"}, fits : BOOLEAN]
  /\ leads \subseteq Candidates
  /\ heard \in Processes \cup {Nobody}

Lives(c) == c = Follower \/ (c \in Processes /\ process[c].lives)

-----------------------------------------------------------------------------
(* THE RULES, each on its own, so that `PodVariants.tla` can leave out one at a time. *)

(* D1: what a process has to be sure of before it offers anything: it is the pod that it is in ... *)
IsOwnPod(seen) == seen.uid = "ours"

(* ... whose container ...                                                                        *)
OfferedContainer == "app"

(* ... runs, and has begun just before it did: no end is meant that came before that, and both    *)
(* times are of one clock;                                                                        *)
HasJustBegun(p, seen) ==
  seen.since # Never /\ process[p].began \in seen.since..(seen.since + LatestStart)

(* no instance before seems to have ended later than it began;                                    *)
NoLaterEnd(p, seen) ==
  \A e \in seen.ends : e.container = "app" => e.at # Never /\ e.at <= process[p].began

(* and with the container its processes end.                                                      *)
ContainerEndsProcesses == ~shares

(* D2: what proves a death is told of the very pod ...                                            *)
IsOfThePod(told) == told.uid = lock.uid

(* ... and container;                                                                             *)
IsOfTheContainer(e) == e.container = lock.container

(* the kubelet has not made it up;                                                                *)
IsTold(e) == e.reason = "told"

(* and it ended after the process had begun, by a margin. (What has no time is before all times.) *)
EndedLater(e) == e.at >= process[lock.offers].began + Margin

(* D3: nothing else is evidence.                                                                  *)
IsDeadOtherwise(told) == FALSE

ProvesDeath(told) ==
  /\ IsOfThePod(told)
  /\ \/ \E e \in told.ends : IsOfTheContainer(e) /\ IsTold(e) /\ EndedLater(e)
     \/ IsDeadOtherwise(told)

(* D4: a record that somebody has written by another library keeps an offer that is not his ...   *)
OfferIsOfThisRecord == lock.fits

Offers == lock.offers # Nobody /\ OfferIsOfThisRecord

(* ... and a claim is a write over the very record that carried the offer.                        *)
HeardOfHolder == Offers /\ lock.offers = heard

(* D5: of whoever was in the same container it can be seen whether it lives. In another instance  *)
(* none of its processes is found.                                                                *)
IsOfThisContainer(c) == c \in Processes /\ lock.uid = "ours" /\ lock.container = "app"
IsAmongTheLiving(c)  ==
  /\ c \in Processes /\ process[c].of = process[lock.offers].of
  /\ process[lock.offers].lives
IsPredecessor(c) ==
  Offers /\ lock.offers # c /\ IsOfThisContainer(c) /\ ~IsAmongTheLiving(c)

-----------------------------------------------------------------------------
(* The node. A kubelet never runs two instances of one container at once. *)

Present      == container.number
Higher(a, b) == IF a > b THEN a ELSE b

StartContainer ==
  /\ ~container.runs /\ Present < Instances
  /\ container' = [container EXCEPT !.number = @ + 1, !.runs = TRUE, !.began = wall,
                                    !.before = container.ended, !.ended = Never]
  /\ UNCHANGED <<wall, behind, shares, process, api, lock, leads, heard>>

(* Where the clocks differ, the instance that runs is told of before its process begins.          *)
MayBegin == wall > behind /\ (behind > 0 => pod.since = container.began)

StartProcess(p) ==
  /\ container.runs /\ process[p].of = 0 /\ MayBegin
  /\ process' = [process EXCEPT ![p] = [of |-> Present, began |-> wall - behind,
                                            lives |-> TRUE, offers |-> Nobody]]
  /\ UNCHANGED <<wall, behind, shares, container, api, lock, leads, heard>>

EndContainer ==
  /\ container.runs
  /\ container' = [container EXCEPT !.runs = FALSE, !.began = Never, !.before = Never,
       !.ended = wall, !.highest = IF SetBacks = "much" THEN Never ELSE Higher(@, wall)]
  /\ process' = [p \in Processes |->
       IF process[p].of = Present /\ ~shares THEN [process[p] EXCEPT !.lives = FALSE]
       ELSE process[p]]
  /\ leads' = {c \in leads : c = Follower \/ process'[c].lives}
  /\ UNCHANGED <<wall, behind, shares, api, lock, heard>>

EndProcess(p) ==
  /\ Lives(p)
  /\ process' = [process EXCEPT ![p].lives = FALSE]
  /\ leads' = leads \ {p}
  /\ UNCHANGED <<wall, behind, shares, container, api, lock, heard>>

ClockGoesOn ==
  /\ wall < Latest /\ wall' = wall + 1
  /\ UNCHANGED <<behind, shares, container, process, api, lock, leads, heard>>

(* What the rules rest on: the clock is not set back far while a container restarts, which it     *)
(* does until it is told that it runs again. One that is down for long, and whose end is told, is  *)
(* backed off.                                                                                    *)
IsUpToDate ==
  /\ pod.uid = "ours" /\ pod.is = "there"
  /\ IF container.runs THEN pod.since = container.began
     ELSE End("app", container.ended, "told") \in pod.ends
LastEnd == IF container.runs THEN container.before ELSE container.ended
MaySetBack(to) ==
  IF SetBacks = "little" THEN to + Margin > container.highest
  ELSE to + Margin > LastEnd \/ IsUpToDate

ClockIsSetBack ==
  /\ \E to \in 1..(wall - 1) : MaySetBack(to) /\ wall' = to
  /\ UNCHANGED <<behind, shares, container, process, api, lock, leads, heard>>

-----------------------------------------------------------------------------
(* What is told of the pod: late, since it is told at any time, or never.                         *)

(* The instance before may be left out at first; not where the clock was set back meanwhile.      *)
MayForget == container.began + Margin > container.before
Shown(at) == {End("app", t, "told") : t \in {at} \ {Never}}
EndsShown ==
  IF container.runs THEN {Shown(container.before)} \cup IF MayForget THEN {{}} ELSE {}
  ELSE {Shown(container.ended)}

Told(uid, is, since, ends) == [uid |-> uid, is |-> is, since |-> since, ends |-> ends]

Tell(status) ==
  /\ pod' = status
  /\ said' = IF Stale THEN said \cup {status} ELSE {status}
  /\ UNCHANGED <<node, lock, leads, heard>>

TellTheTruth ==
  /\ Present > 0
  /\ \E ends \in EndsShown : Tell(Told("ours", "there", container.began, ends))
  /\ UNCHANGED strange

(* Behind each of these the processes may live on: the pod is gone (deleted by force), and there  *)
(* may be another of its name; somebody has written that it failed; another container has ended;  *)
(* the runtime has lost the container, and the kubelet makes an end up; an end has no time.       *)
StrangeTruths ==
  {Told("ours", "gone", Never, {}),
   Told("a namesake's", "there", wall, {}),
   Told("a namesake's", "there", Never, {End("app", wall, "told")}),
   Told("ours", "there", Never, {End("app", wall, "made up")}),
   Told("ours", "there", Never, {End("app", Never, "told")})}
  \cup {Told("ours", "failed", container.began, ends) : ends \in EndsShown}
  \cup {Told("ours", "there", container.began, ends \cup {End("sidecar", wall, "told")}) :
          ends \in EndsShown}

TellStrangely ==
  /\ Present > 0 /\ strange < Strange /\ strange' = strange + 1
  /\ \E status \in StrangeTruths : Tell(status)

-----------------------------------------------------------------------------
(* The candidates. *)

(* D1: reads its own pod, as it is now, until it may offer something.                             *)
ReadOwnPod(p) ==
  /\ Lives(p) /\ process[p].offers = Nobody
  /\ IsOwnPod(pod) /\ HasJustBegun(p, pod) /\ NoLaterEnd(p, pod) /\ ContainerEndsProcesses
  /\ process' = [process EXCEPT ![p].offers = pod.uid]
  /\ UNCHANGED <<wall, behind, shares, container, api, lock, leads, heard>>

Record(p) ==
  [by |-> p, offers |-> p, uid |-> process[p].offers, container |-> OfferedContainer, fits |-> TRUE]
NoOffer(by) == [by |-> by, offers |-> Nobody, uid |-> Nobody, container |-> "app", fits |-> TRUE]

(* Who leads without an offer is waited for as in LeaderElection.tla.                             *)
MayTake(c) == Lives(c) /\ c \notin leads /\ (c # Follower => process[c].offers # Nobody)

(* A write over whatever is there. A candidate of another library leaves alone what it finds.     *)
Hold(c) ==
  /\ leads' = leads \cup {c}
  /\ lock' \in IF c \in Processes THEN {Record(c)}
               ELSE {NoOffer(Follower), [lock EXCEPT !.by = Follower, !.fits = lock.offers = Nobody]}
  /\ UNCHANGED <<node, api, heard>>

(* The lock is free, or its lease has run out: nobody leads by it.                                *)
TakeFreeLock(c) == MayTake(c) /\ lock.by \notin leads /\ Hold(c)

StopLeading(p) ==
  /\ p \in leads /\ leads' = leads \ {p}
  /\ UNCHANGED <<node, api, lock, heard>>

(* D2: what a watch tells of the pod that the record names.                                       *)
HearOfDeath ==
  /\ Offers /\ \E told \in said : ProvesDeath(told)
  /\ heard' = lock.offers /\ heard' # heard
  /\ UNCHANGED <<node, api, lock, leads>>

TakeFromTheDead == MayTake(Follower) /\ heard # Nobody /\ HeardOfHolder /\ Hold(Follower)

TakeFromPredecessor(c) == MayTake(c) /\ IsPredecessor(c) /\ Hold(c)

-----------------------------------------------------------------------------
Init ==
  /\ wall = 1 /\ behind \in {0, Margin} /\ shares \in BOOLEAN
  /\ container = [number |-> 0, runs |-> FALSE,
                  began |-> Never, ended |-> Never, before |-> Never, highest |-> Never]
  /\ process = [p \in Processes |-> [of |-> 0, began |-> Never, lives |-> FALSE, offers |-> Nobody]]
  /\ pod = Told("ours", "there", Never, {}) /\ said = {pod} /\ strange = 0
  /\ lock = NoOffer(Nobody)
  /\ leads = {} /\ heard = Nobody

Next ==
  \/ StartContainer \/ EndContainer \/ ClockGoesOn \/ ClockIsSetBack
  \/ TellTheTruth \/ TellStrangely
  \/ HearOfDeath \/ TakeFromTheDead
  \/ \E p \in Processes : StartProcess(p) \/ EndProcess(p) \/ ReadOwnPod(p) \/ StopLeading(p)
  \/ \E c \in Candidates : TakeFreeLock(c) \/ TakeFromPredecessor(c)

Spec == Init /\ [][Next]_vars

Interchangeable == Permutations(Processes)

(* Once the follower leads by a record without an offer, nothing comes of anything.               *)
IsOpen == Follower \in leads => lock.offers # Nobody

-----------------------------------------------------------------------------
(* THE PROMISES. *)

NeverTwoLeaders == Cardinality(leads) <= 1

WhoIsTakenForDeadIs == heard # Nobody => ~Lives(heard)

=============================================================================
