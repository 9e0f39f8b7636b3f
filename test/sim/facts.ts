/*
 * What happened, in true time. The simulation writes these down and the verifier reads them: they
 * are all that passes between the two. Objects and bodies are JSON as it went over the wire.
 */

/** An object of the Kubernetes API. */
export type Json = Readonly<Record<string, unknown>>;

/** A `dryRun` is a write that is to change nothing: the server says what it would make of it. */
export type Verb = 'get' | 'create' | 'update' | 'dryRun';

/** One reading of both clocks of a candidate's machine. */
export interface Local {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

export interface CandidateInfo {
  readonly identity: string;
  readonly library: 'ours' | 'client-go' | 'python';
  readonly leaseMs: number;
  readonly renewMs: number;
  readonly retryMs: number;
  readonly drainMs: number;
  readonly reclaimsOwnIdentity: boolean;
  /** It believes the age that the server's own clock gives to what it stores. */
  readonly usesServerClock: boolean;
  /** Local milliseconds for each true one. */
  readonly clockRate: number;
  /** The kinds of object that it must hold to lead, where a fleet moves from one to another. */
  readonly locks?: readonly string[];
  /** The process that it runs in: others may run there before and after it. Default: one of its own. */
  readonly process?: string;
  /** It heeds what kubelets say of the end of others. */
  readonly heedsPods?: boolean;
}

interface Timed {
  /** True time in ms. */
  readonly t: number;
}

/** Something about one candidate: one run of the election in one process. */
interface Of extends Timed {
  readonly who: string;
}

/** Something about one of its terms, the first of which is number 1. */
interface OfTerm extends Of {
  readonly term: number;
}

export type Fact =
  | (Of & { readonly kind: 'joined'; readonly info: CandidateInfo; readonly local: Local })
  | (Of & {
      readonly kind: 'sent';
      readonly request: number;
      readonly verb: Verb;
      readonly body: Json | null;
      readonly local: Local;
      /** What `isLeader()` would have answered just then. */
      readonly leading: boolean;
    })
  | (Of & {
      readonly kind: 'answered';
      readonly request: number;
      /** 0: no answer, but an error of the connection. */
      readonly status: number;
      readonly body: Json | null;
      readonly local: Local;
    })
  /** A watch event has arrived. `body` null: the object was deleted. */
  | (Of & {
      readonly kind: 'heard';
      readonly revision: number;
      readonly body: Json | null;
      readonly local: Local;
    })
  | (Of & { readonly kind: 'gaveUp'; readonly request: number; readonly local: Local })
  /** A write took effect. `who` wrote it: a candidate, or an edit. */
  | (Of & {
      readonly kind: 'committed';
      readonly request: number | null;
      readonly revision: number;
      readonly before: Json | null;
      readonly after: Json | null;
    })
  /** What the candidate would answer if it ran at this moment. Asked without being heard. */
  | (Of & {
      readonly kind: 'asked';
      readonly leader: boolean;
      /** `term.signal.aborted` is false. */
      readonly signalOpen: boolean;
      /** The abort event of the term's signal has not been fired. */
      readonly abortDue: boolean;
      /** Nothing can run: stopped, blocked, asleep, or with a backlog to work off. */
      readonly unresponsive: boolean;
      readonly local: Local;
    })
  /** The election says that a term has begun. */
  | (Of & { readonly kind: 'began'; readonly token: bigint; readonly local: Local })
  | (OfTerm & { readonly kind: 'workStarted'; readonly local: Local })
  | (OfTerm & { readonly kind: 'workEnded'; readonly failed: boolean })
  | (OfTerm & { readonly kind: 'stopCallback'; readonly reason: string })
  | (OfTerm & { readonly kind: 'stopCallbackEnded' })
  | (Of & { readonly kind: 'toldToStop'; readonly local: Local })
  | (Of & {
      readonly kind: 'ended';
      readonly released: boolean;
      readonly led: boolean;
      readonly reason: string;
      readonly local: Local;
      /** What the election has left running in its process. */
      readonly timersLeft: number;
      readonly requestsLeft: number;
    })
  | (Of & { readonly kind: 'froze'; readonly how: string })
  | (Of & { readonly kind: 'thawed' })
  | (Of & { readonly kind: 'crashed' })
  /** Its wall clock is about to be set back: what its clocks have shown so far. */
  | (Of & { readonly kind: 'setBack'; readonly local: Local })
  /** A candidate of another library believes that it leads, or no longer does. */
  | (Of & { readonly kind: 'foreignLeads'; readonly leads: boolean })
  | (Timed & { readonly kind: 'fault'; readonly what: string })
  /** No fault is in force any more; within that time there is to be a leader. */
  | (Timed & { readonly kind: 'quiet'; readonly boundMs: number })
  /** That time has passed, and there is none. */
  | (Timed & { readonly kind: 'overdue' })
  | (Timed & { readonly kind: 'noise' })
  /** Code under test broke in a way that nobody could catch. */
  | (Timed & { readonly kind: 'broke'; readonly what: string });

/** One line for people. */
export function describe(fact: Fact): string {
  const who = 'who' in fact ? fact.who : '';
  return `${(fact.t / 1000).toFixed(6).padStart(12)} s  ${who.padEnd(8)} ${sentence(fact)}`;
}

function sentence(fact: Fact): string {
  switch (fact.kind) {
    case 'joined': {
      const { identity, library, leaseMs, renewMs, retryMs, clockRate } = fact.info;
      const timing = [leaseMs, renewMs, retryMs].map((ms) => ms / 1000).join('/');
      return `joins as ${identity} (${library}, ${timing}, clock rate ${clockRate.toFixed(4)})`;
    }
    case 'sent':
      return `sends ${fact.verb} #${fact.request}${fact.body === null ? '' : ` ${brief(fact.body)}`}`;
    case 'answered':
      return `#${fact.request} is answered ${fact.status || 'by a broken connection'}${fact.body === null ? '' : ` ${brief(fact.body)}`}`;
    case 'heard':
      return `hears of revision ${fact.revision}: ${fact.body === null ? 'deleted' : brief(fact.body)}`;
    case 'gaveUp':
      return `#${fact.request} is given up`;
    case 'committed':
      return `#${fact.request ?? '-'} is stored at revision ${fact.revision}: ${fact.after === null ? 'deleted' : brief(fact.after)}`;
    case 'asked':
      return `would answer: leader ${fact.leader}, signal ${fact.signalOpen ? 'open' : 'aborted'}${fact.signalOpen || !fact.abortDue ? '' : ', its event not fired'}${fact.unresponsive ? ', cannot run' : ''}`;
    case 'began':
      return `begins a term, fencing token ${fact.token}`;
    case 'workStarted':
      return 'starts its work';
    case 'workEnded':
      return `its work ${fact.failed ? 'has failed' : 'has ended'}`;
    case 'stopCallback':
      return `is told that it stopped leading: ${fact.reason}`;
    case 'stopCallbackEnded':
      return 'its stop callback has ended';
    case 'toldToStop':
      return 'stop() is called';
    case 'ended':
      return `has ended: ${fact.reason}, ${fact.released ? 'released' : 'not released'}`;
    case 'froze':
      return `freezes: ${fact.how}`;
    case 'thawed':
      return 'runs on';
    case 'crashed':
      return 'crashes';
    case 'setBack':
      return 'has its wall clock set back';
    case 'foreignLeads':
      return fact.leads ? 'believes that it leads' : 'believes that it does not lead';
    case 'fault':
      return `-- ${fact.what}`;
    case 'quiet':
      return `-- all faults are over; a leader is due within ${(fact.boundMs / 1000).toFixed(1)} s`;
    case 'overdue':
      return '-- a leader is overdue';
    case 'noise':
      return '-- faults may come again';
    case 'broke':
      return `BROKE: ${fact.what}`;
  }
}

function brief(object: Json): string {
  const { metadata, spec, kind, message } = object as {
    metadata?: { resourceVersion?: string; annotations?: Record<string, string> };
    spec?: unknown;
    kind?: string;
    message?: string;
  };
  if (kind === 'Status') return `(${message ?? ''})`;
  const annotation = metadata?.annotations?.['control-plane.alpha.kubernetes.io/leader'];
  return `${metadata?.resourceVersion === undefined ? '' : `rv ${metadata.resourceVersion} `}${annotation ?? JSON.stringify(spec)}`;
}
