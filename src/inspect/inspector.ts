import type { InspectionEvent } from 'xstate';
import { type AttachOptions, Attachments, type Inspectable } from './attachments.js';
import { Collector } from './collector.js';
import { connect, type InspectorConnection } from './connect-inspector.js';
import { newToken } from './access.js';
import { checkInspect, checkServer, isLocal } from './inspect-options.js';
import { InspectorServer } from './inspector-server.js';
import { DEFAULT_LIMITS } from './page-streams.js';
import { Intake } from './intake.js';
import { type ReportAddress, reportTarget } from './report-target.js';
import type { CandidateInfo } from './wire.js';

export interface InspectorOptions {
  /** Default 0: any that is free. */
  readonly port?: number | undefined;
  /**
   * The address to listen on, such as `0.0.0.0`: other machines may then look and report, all who
   * know the token. It is plain HTTP. Default: 127.0.0.1, which this machine alone reaches.
   */
  readonly host?: string | undefined;
  /**
   * The secret part of the address: letters, digits, `-` and `_`, at least 16. Default: random.
   * Who knows it sees the elections, and can report others. With `host` it has to be given, since
   * those who report have to know it.
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
   * @throws {ConfigError} for anything that is neither a `LeaderElection` nor an actor of
   * `leaderElectionMachine`, and for options that are wrong
   */
  attach(subject: Inspectable, options?: AttachOptions): () => void;
  /** Stops observing and serving. The elections go on. */
  close(): Promise<void>;
}

/**
 * Starts a live view, with nothing to show yet.
 *
 * It listens on 127.0.0.1 alone, unless another `host` is given, and keeps no program running.
 * Nothing in it can disturb an election: it only reads, and a viewer that is slow or gone is dropped.
 *
 * @throws {ConfigError} naming every option that is wrong, such as a token too weak to be one, or a
 * `host` without
 * @throws {Error} if the port is in use, or the address is none of this machine's
 */
export async function startInspector(options: InspectorOptions = {}): Promise<Inspector> {
  checkServer(options);
  return start(options, () => undefined);
}

async function start(options: InspectorOptions, onClose: () => void): Promise<Inspector> {
  const host = isLocal(options.host) ? undefined : options.host;
  const token = options.token ?? newToken();
  // A quarter of a megabyte of pictures and page: for those who look.
  const { pageFiles } = await import('./page-files.js');
  const collector = new Collector();
  const attachments = new Attachments(collector);
  const intake = new Intake(collector);
  const server = new InspectorServer({
    feed: collector,
    take: (batch, from) => {
      intake.take(batch, from);
    },
    port: options.port ?? 0,
    host,
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

/** The connections to charts of other processes, by where they lead and with which token. */
const connections = new Map<string, InspectorConnection>();

export interface ReportOptions extends AttachOptions, Omit<ReportAddress, 'url'> {
  /** The address of the chart to report to, as `url` of `connectInspector`. */
  readonly report: string;
}

/**
 * Shows an election in this process's live view, which is started at the first call; the options of
 * later calls, their name excepted, have no effect until it is closed.
 *
 * With `report` it is shown in the live view of another process instead, on this machine or another.
 * What then becomes of the reports does not matter to the election: see `connectInspector`.
 *
 * @throws as `startInspector`, `connectInspector` and `Inspector.attach` do
 */
export function inspectElection(
  subject: Inspectable,
  options: ReportOptions,
): Promise<InspectorConnection>;
export function inspectElection(
  subject: Inspectable,
  options?: InspectorOptions & AttachOptions,
): Promise<Inspector>;
export async function inspectElection(
  subject: Inspectable,
  options: ReportOptions | (InspectorOptions & AttachOptions) = {},
): Promise<Inspector | InspectorConnection> {
  checkInspect(subject, options);
  const viewer = isReport(options) ? connectionTo(options) : await ownInspector(options);
  viewer.attach(subject, { name: options.name });
  return viewer;
}

function isReport(options: Partial<ReportOptions>): options is ReportOptions {
  return options.report !== undefined;
}

function connectionTo({ report: url, token, allowPlainHttp }: ReportOptions): InspectorConnection {
  const called = { method: 'inspectElection()', url: 'report' };
  const target = reportTarget({ url, token, allowPlainHttp }, called);
  const key = `${target.url.href} ${target.token}`;
  const known = connections.get(key);
  if (known !== undefined) return known;
  const made = connect(target, () => connections.delete(key));
  connections.set(key, made);
  return made;
}

function ownInspector(options: InspectorOptions): Promise<Inspector> {
  const forget = (): void => {
    shared = undefined;
  };
  shared ??= start(options, forget).catch((error: unknown) => {
    forget();
    throw error;
  });
  return shared;
}
