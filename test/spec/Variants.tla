------------------------------ MODULE Variants ------------------------------
(***************************************************************************)
(* The same election with one rule replaced by another. A run names the    *)
(* replacement in its configuration, `CountFromSending <- CountFromAnswer` *)
(* for instance, and everything else stays as it is in LeaderElection.tla. *)
(*                                                                         *)
(* All are bugs, seeded to show that the promises notice them; nearly all *)
(* of them were found in some library. The last few were rules of this     *)
(* package, until the model found what they allow.                         *)
(***************************************************************************)
EXTENDS LeaderElection

Yes == TRUE
No  == FALSE
Always(p) == TRUE

-----------------------------------------------------------------------------
(* Time. *)

(* For CountFromSending: the deadline counts from the answer (client-go).                       *)
CountFromAnswer(p) == 0

(* For Leads: a flag that a timer resets some time after the deadline, and that nobody checks.  *)
LeadsByFlag(p) == Elected(p)

(* For CountFromFirstSight: the age is the difference between the time in the record and our    *)
(* own clock, which is ahead (kube-leader-election, fabric8, @codedependant).                   *)
CompareWallClocks(p) ==
  IF sight[p] \in {"record", "exact"} THEN age[p] ELSE LeaseDuration - RenewDeadline + 1

(* For HasRunOut: a lease counts as long as our own configuration says, which is less than what *)
(* its holder wrote into the record (fabric8).                                                  *)
CountOwnDurationNotTheRecords(p) == sight[p] = "exact" /\ age[p] >= RenewDeadline - 1

(* For ClockSteps: a machine that sleeps, and does not count its sleep against its own lease.   *)
SleepNotCounted == {Clock(1), [own |-> 0, seen |-> 1]}

-----------------------------------------------------------------------------
(* Taking the lock. *)

(* For WritesAreConditional: No. Patches without a version (kube-leader-election).              *)

(* For AnswerSaysStored, and for Refused, so that its age is known: a 409 is taken for success  *)
(* (spring-cloud-kubernetes).                                                                   *)
AnyAnswer(p) == attempt[p].is \in Stored \cup {"refused"}
RefusedAtAge(a) == [a EXCEPT !.is = "refused"]

(* For ProvesOurClaim, with a lease that counts from the reading: a GET shows our name.         *)
OurName(p) == lock.holder = p
CountFromReading(p) == 0

(* For IsOurs: a record with our name must be ours; but all of us have one name (npm packages). *)
OneNameForAll(p) == sight[p] = "exact" /\ lock.holder \in Candidates

(* For IsGoneForGood: an object that was deleted is free (client-go).                           *)
DeletionIsRelease(p) == sight[p] = "gone"

(* For AnswerSaysStored: any 2xx answer is taken for success, whatever it says.                 *)
AnyTwoHundred(p) == attempt[p].is \in Stored \cup {"unproven"}

(* For AgeByServer: the present time is the `Date` of an answer, which is written by something  *)
(* in between whose clock is ahead.                                                             *)
AgeByAnIntermediary == LongDead

(* For Next: a watch event or a GET that shows our name makes us leader (@codedependant).       *)
GrantOnSeeingOurName(p) ==
  /\ state[p] = "waiting" /\ work[p] = "none" /\ lock.holder = p
  /\ Hold(p, 0, "exact")
  /\ UNCHANGED <<lock, late, work>>
NextOrGrant == Next \/ \E p \in Candidates : GrantOnSeeingOurName(p)

-----------------------------------------------------------------------------
(* Letting go. *)

(* For MayEmpty: Always. The holder is known from memory; what the GET shows is written over    *)
(* whoever it names (client-go).                                                                *)

(* For ReleaseHasHadItsTime: Always. A release that is not answered soon is given up, and the   *)
(* process becomes a candidate again while the empty record is still under way.                 *)

(* For WorkHasEnded: Always. The lock is released while the work winds down.                    *)

(* For WorkHasEnded: the lock is released while the stop callback runs.                         *)
WorkAloneHasEnded(p) == work[p] \in {"none", "callback runs"}

(* For NoAnswerIsDue: Always. A renewal under way is aborted by the release, as it once was.    *)

-----------------------------------------------------------------------------
(* For the promise of a leader in the end. *)

(* For HasRunOut: Never. A holder that has died is waited for without an end.                   *)

(* For IsReleased: Never, and HasRunOut: an empty holder is waited for as if it could come back *)
(* (@codedependant).                                                                            *)
Never(p) == FALSE
HasRunOutUnlessReleased(p) ==
  sight[p] = "exact" /\ lock.holder # Nobody /\ age[p] >= LeaseDuration

-----------------------------------------------------------------------------
(* What the rules of this package once were. *)

(* For CountVanishedLease: whoever saw a lease goes on counting it when the object is gone. It  *)
(* may have been renewed since.                                                                 *)
CountVanishedLeaseFromItsSight(p) == age[p]

(* For OwnAfterReading: whatever a process has sent without an answer stays its own, even a     *)
(* create, when another has created the lock meanwhile.                                         *)
RememberEveryWrite(w) == TRUE

(* For StandsAfterSending: only so many of its last writes are remembered (here it is one, and  *)
(* it was eight), and the one that stands in the lock is an older one.                          *)
OnlyTheLast(p) ==
  IF lock.by = p THEN [lock EXCEPT !.by = Gone, !.age = RenewDeadline] ELSE lock

(* For StandsAfterAnswer: what admission has altered is not what was written, and so another's. *)
AlteredIsAnothers(p) ==
  IF attempt[p].is = "altered" THEN [lock EXCEPT !.by = Gone] ELSE lock

(* For Next: a renewal that was stored and is answered with a conflict, since a proxy has       *)
(* repeated it, is taken for refused, and forgotten.                                            *)
ForgetOnConflict(p) ==
  /\ state[p] = "renewing" /\ attempt[p].is = "stored"
  /\ state' = [state EXCEPT ![p] = "reading"]
  /\ attempt' = [attempt EXCEPT ![p] = NoAttempt]
  /\ lock' = Forgotten(lock, p)
  /\ UNCHANGED <<age, sight, late, work>>
NextOrConflict == Next \/ \E p \in Candidates : ForgetOnConflict(p)

(* For TellWork: the application is told when its work has ended, and not before. Work that     *)
(* waits for that never ends.                                                                   *)
TellWorkAlone(p) == work' = [work EXCEPT ![p] = IF @ = "runs" THEN "untold" ELSE @]

(* For OwnAfterReadBack: a process that finds one of its writes in the lock forgets the others, *)
(* even one that is conditional on what it found.                                               *)
ForgetEveryOtherWrite(w) == FALSE

=============================================================================
