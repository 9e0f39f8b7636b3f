import type { InspectionEvent } from 'xstate';
import { type AttachOptions, Attachments, type Inspectable } from './attachments.js';
import { Collector } from './collector.js';
import { tokenOf } from './access.js';
import { InspectorServer } from './inspector-server.js';
import { DEFAULT_LIMITS } from './page-streams.js';
import { readBatch } from './report-intake.js';
import type { CandidateInfo } from './wire.js';

export interface InspectorOptions {
  /** Port on 127.0.0.1. Default 0: any that is free. */
  readonly port?: number | undefined;
  /**
   * The secret part of the address: letters, digits, `-` and `_`, at least 16. Default: random.
   * Who knows it sees the elections, and can report others.
   */
  readonly token?: string | undefined;
  /** Pages that may look at the same time; more are turned away. Default 16. */
  readonly maxPages?: number | undefined;
}

/** A live view of elections, served on this machine alone. */
export interface Inspector extends AsyncDisposable {
  /** Open this in a browser. It holds the token: treat it as a password for looking on. */
  readonly url: string;
  /** What is shown: this process's candidates, and those that other processes reported. */
  readonly candidates: readonly CandidateInfo[];
  /** Pages that are open now. */
  readonly openPages: number;
  /**
   * For `createActor(leaderElectionMachine, { input, inspect: inspector.inspect })`: shows each
   * election started so from its first step on.
   */
  readonly inspect: (event: InspectionEvent) => void;
  /**
   * Shows an election, at any time of its life: what it is now, what is known of its present term,
   * and all that follows.
   *
   * @returns a function that ends this; the election goes on undisturbed
   * @throws {TypeError} for anything that is neither a `LeaderElection` nor an actor of
   * `leaderElectionMachine`
   */
  attach(subject: Inspectable, options?: AttachOptions): () => void;
  /** Stops observing and serving. The elections go on. */
  close(): Promise<void>;
}

/**
 * Starts a live view, with nothing to show yet.
 *
 * It listens on 127.0.0.1 alone and keeps no program running. Nothing in it can disturb an
 * election: it only reads, and a viewer that is slow or gone is dropped.
 *
 * @throws {TypeError} if the token is too weak to be one
 * @throws {Error} if the port is in use
 */
export async function startInspector(options: InspectorOptions = {}): Promise<Inspector> {
  return start(options, () => undefined);
}

async function start(options: InspectorOptions, onClose: () => void): Promise<Inspector> {
  const token = tokenOf(options.token);
  // A quarter of a megabyte of pictures and page: for those who look.
  const { pageFiles } = await import('./page-files.js');
  const collector = new Collector();
  const attachments = new Attachments(collector);
  const server = new InspectorServer({
    feed: collector,
    take: (batch) => {
      for (const { report, ageMs } of readBatch(batch)) collector.add(report, ageMs);
    },
    port: options.port ?? 0,
    token,
    limits: { ...DEFAULT_LIMITS, maxPages: options.maxPages ?? DEFAULT_LIMITS.maxPages },
    files: pageFiles(),
  });
  await server.listen();
  const close = async (): Promise<void> => {
    onClose();
    attachments.close();
    await server.close();
  };
  return {
    url: server.url,
    get candidates() {
      return collector.candidates;
    },
    get openPages() {
      return server.openPages;
    },
    inspect: attachments.inspect,
    attach: (subject, attachOptions) => attachments.attach(subject, attachOptions),
    close,
    [Symbol.asyncDispose]: close,
  };
}

let shared: Promise<Inspector> | undefined;

/**
 * Shows an election in this process's live view, which is started at the first call; the options of
 * later calls, their name excepted, have no effect until it is closed.
 *
 * @throws as `startInspector` and `Inspector.attach` do
 */
export async function inspectElection(
  subject: Inspectable,
  options: InspectorOptions & AttachOptions = {},
): Promise<Inspector> {
  const forget = (): void => {
    shared = undefined;
  };
  shared ??= start(options, forget).catch((error: unknown) => {
    forget();
    throw error;
  });
  const inspector = await shared;
  inspector.attach(subject, options);
  return inspector;
}
