import type { AnyActorRef, AnyTransitionDefinition, InspectionEvent } from 'xstate';
import type { Countdown } from './wire.js';

/*
 * What XState tells of the machines that it runs, in words of our own. No other module of this folder
 * knows its inspection events, which XState 6 has others of, or looks at what is internal to it.
 */

/** What has happened to an actor. */
export type Happening = { readonly actor: InspectionEvent['actorRef'] } &
  /** It takes its first step. Before that, an actor is not complete. */
  (
    | { readonly kind: 'begins' }
    /** It has taken these transitions, in the course of a step. */
    | { readonly kind: 'moves'; readonly transitions: readonly AnyTransitionDefinition[] }
    /** A step has come to its end. */
    | { readonly kind: 'rests'; readonly event: string; readonly snapshot: unknown }
  );

/** Null for what nobody here asks for. */
export function happeningOf(told: InspectionEvent): Happening | null {
  const { actorRef: actor } = told;
  switch (told.type) {
    case '@xstate.event':
      return told.event.type === 'xstate.init' ? { actor, kind: 'begins' } : null;
    case '@xstate.microstep':
      return { actor, kind: 'moves', transitions: told._transitions };
    case '@xstate.snapshot':
      return { actor, kind: 'rests', event: told.event.type, snapshot: told.snapshot };
    default:
      return null;
  }
}

/** Tells what happens in the actor's system from now on, until the returned object is told to stop. */
export function observe(
  { system }: AnyActorRef,
  happened: (happening: Happening) => void,
): { unsubscribe(): void } {
  return system.inspect((told) => {
    const happening = happeningOf(told);
    if (happening !== null) happened(happening);
  });
}

const WAIT = /^xstate\.after\.([A-Za-z]+)\./;

/** The delayed transitions that the interpreter has scheduled for this actor. */
export function waitsOf(actor: AnyActorRef): Countdown[] {
  const scheduled = Object.values(actor.system.getSnapshot()._scheduledEvents);
  return scheduled.flatMap(({ source, event, startedAt, delay }) => {
    const called = WAIT.exec(event.type)?.[1];
    if (source !== actor || called === undefined) return [];
    const remainingMs = Math.max(0, Math.round(startedAt + delay - Date.now()));
    return [{ delay: called, totalMs: Math.round(delay), remainingMs }];
  });
}
