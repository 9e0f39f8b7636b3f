--------------------------- MODULE LeaderInTheEnd ---------------------------
(***************************************************************************)
(* The other half of an election: not only never two leaders, but one in   *)
(* the end.                                                                *)
(*                                                                         *)
(* As long as anything may go wrong again, nothing can be promised. So     *)
(* here comes a moment, sooner or later or never, from which on all is     *)
(* calm: requests are answered before the clock goes on, nobody crashes or *)
(* stops, and somebody is there. What was under way by then may still be   *)
(* stored late. Whatever happened before, there is a leader soon, and one  *)
(* stays.                                                                  *)
(***************************************************************************)
EXTENDS Variants

VARIABLE calm

liveVars == <<lock, state, age, sight, attempt, late, work, calm>>

LiveInit == Init /\ calm = FALSE

Before == ~calm /\ Next /\ UNCHANGED calm

CalmDown == ~calm /\ calm' = TRUE /\ UNCHANGED vars

(* The retry period: a renewal is not due at the moment of the last one. *)
NothingIsDue(p) == state[p] = "leading" /\ age[p] = 0

CandidateProceeds(p) == calm /\ Proceed(p) /\ ~NothingIsDue(p) /\ UNCHANGED calm

ServerProceeds(p) == calm /\ ServerAnswers(p) /\ UNCHANGED calm

LateWrite == calm /\ LateWriteArrives /\ UNCHANGED calm

SomebodyComesUp ==
  /\ calm /\ \A p \in Candidates : ~Running(p)
  /\ \E p \in Candidates : ComeUp(p)
  /\ UNCHANGED calm

(* Nothing is to be done at this moment. *)
Settled ==
  \A p \in Candidates :
    CASE state[p] = "waiting" -> /\ sight[p] = IF Exists THEN "exact" ELSE "gone"
                                 /\ ~NobodyCanBeLeading(p)
      [] state[p] = "leading" -> age[p] = 0
      [] state[p] = "down"    -> TRUE
      [] OTHER                -> FALSE

TimeGoesOn == calm /\ Settled /\ Tick /\ UNCHANGED calm

LiveNext ==
  \/ Before \/ CalmDown
  \/ \E p \in Candidates : CandidateProceeds(p) \/ ServerProceeds(p)
  \/ LateWrite \/ SomebodyComesUp \/ TimeGoesOn

LiveSpec ==
  /\ LiveInit /\ [][LiveNext]_liveVars
  /\ \A p \in Candidates : WF_liveVars(CandidateProceeds(p)) /\ WF_liveVars(ServerProceeds(p))
  /\ WF_liveVars(SomebodyComesUp) /\ WF_liveVars(TimeGoesOn)

SomebodyLeads == \E p \in Candidates : Leads(p)

LeaderInTheEnd == calm ~> SomebodyLeads
LeaderStays    == calm ~> []SomebodyLeads

=============================================================================
