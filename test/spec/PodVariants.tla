---------------------------- MODULE PodVariants ----------------------------
(***************************************************************************)
(* What PodEvidence.tla rests on, with one rule left out or replaced by    *)
(* another. A run names the replacement in its configuration, as in        *)
(* Variants.tla. All are bugs, seeded to show that the promises notice     *)
(* them. Most of them are one rule that always holds.                      *)
(***************************************************************************)
EXTENDS PodEvidence

Yes == TRUE
Whatever(x) == TRUE
WhateverOf(x, y) == TRUE

-----------------------------------------------------------------------------
(* What is offered (D1). *)

(* For IsOwnPod: Whatever. A pod of the own name is offered, whosever it is.                         *)

(* For OfferedContainer: another container of the pod is offered.                               *)
AnotherContainer == "sidecar"

(* For HasJustBegun: WhateverOf. It is not asked when the container began, by the clock of its    *)
(* node.                                                                                        *)

(* For NoLaterEnd: WhateverOf. Instances that seem to have ended later are not looked at.         *)

(* For ContainerEndsProcesses: Yes. A container is offered whose processes may outlive it.      *)

-----------------------------------------------------------------------------
(* What is taken for a death (D2, D3). *)

(* For IsOfThePod: Whatever. A pod of the same name counts, whatever its UID.                        *)

(* For IsOfTheContainer: Whatever. The end of any container of the pod counts.                       *)

(* For IsTold: Whatever. An end counts that the kubelet has made up.                                 *)

(* For EndedLater: an instance counts whenever it has ended, ...                                *)
EndedAtAnyTime(e) == e.at # Never

(* ... or if it has just not ended before the process began, ...                                *)
EndedNotBefore(e) == e.at >= process[lock.offers].began

(* ... or if nothing is told of when.                                                           *)
EndedLaterOrAtNoTime(e) == e.at = Never \/ e.at >= process[lock.offers].began + Margin

(* For IsDeadOtherwise: a pod that is gone, or that has failed, counts.                         *)
IsGone(told)    == told.is = "gone"
HasFailed(told) == told.is = "failed"

-----------------------------------------------------------------------------
(* What is done about it (D4, D5). *)

(* For OfferIsOfThisRecord: Yes. An offer counts for whatever record it stands beside.          *)

(* For HeardOfHolder: Yes. Once a death was heard of, a claim goes over whatever is there.      *)

(* For IsAmongTheLiving: No process is. Whoever was in the same container is dead.              *)
NobodyIs(c) == FALSE

(* For IsOfThisContainer: Whatever. A process that is not found here is dead, wherever it was.       *)

=============================================================================
