import { Agent, request } from 'node:http';
import type { InspectionEvent } from 'xstate';
import { type AttachOptions, Attachments, type Inspectable } from './attachments.js';
import type { Report, ReportBatch, ReportSink } from './wire.js';

export interface ConnectInspectorOptions {
  /** The `url` of an `Inspector` in another process of this machine. */
  readonly url: string;
}

/** The reporting end of a live view that another process serves. */
export interface InspectorConnection extends AsyncDisposable {
  /** As `Inspector.inspect`. */
  readonly inspect: (event: InspectionEvent) => void;
  /** As `Inspector.attach`. */
  attach(subject: Inspectable, options?: AttachOptions): () => void;
  /** Stops observing, and sends what has not been sent yet if that takes no longer than 1 s. */
  close(): Promise<void>;
}

const BATCH = 200;
const MOST_WAITING = 2000;
const RETRY_MS = 1000;
const ANSWER_WITHIN_MS = 5000;
const CLOSE_WITHIN_MS = 1000;

/**
 * Shows elections of this process in a live view that another one serves. If that cannot be
 * reached, reports are kept for a while and then dropped, the oldest first; nothing fails.
 *
 * @throws {TypeError} if the address is not that of a live view on this machine
 */
export function connectInspector(options: ConnectInspectorOptions): InspectorConnection {
  const outbox = new Outbox(reportAddress(options.url));
  const attachments = new Attachments(outbox);
  const close = async (): Promise<void> => {
    attachments.close();
    await outbox.close();
  };
  return {
    inspect: attachments.inspect,
    attach: (subject, attachOptions) => attachments.attach(subject, attachOptions),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Identities and locks of a program go nowhere but to this machine. */
function reportAddress(url: string): URL {
  const address = URL.canParse(url) ? new URL(url) : null;
  const isLocal = ['127.0.0.1', 'localhost'].includes(address?.hostname ?? '');
  if (address?.protocol !== 'http:' || !isLocal || !/^\/[\w-]{16,200}\/$/.test(address.pathname)) {
    throw new TypeError(
      'url must be the whole address of an inspector: http://127.0.0.1:PORT/TOKEN/',
    );
  }
  return new URL('reports', address);
}

/** Reports on their way, in batches, one at a time. */
class Outbox implements ReportSink {
  readonly #url: URL;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  /** What each candidate said of itself, for a view that has forgotten it or never heard. */
  readonly #candidates = new Map<string, Report>();
  #waiting: { readonly at: number; readonly report: Report }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #closed = false;

  constructor(url: URL) {
    this.#url = url;
  }

  report(report: Report): void {
    if (this.#closed) return;
    if (report.kind === 'candidate') this.#candidates.set(report.info.id, report);
    if (report.kind === 'gone') this.#candidates.delete(report.candidate);
    this.#waiting.push({ at: performance.now(), report });
    if (this.#waiting.length > MOST_WAITING) this.#waiting.splice(0, MOST_WAITING / 2);
    this.#soon(0);
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    const sent = (async () => {
      await this.#sending;
      if (this.#waiting.length > 0) await this.#post();
    })();
    let deadline: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      deadline = setTimeout(resolve, CLOSE_WITHIN_MS);
    });
    await Promise.race([sent, late]);
    clearTimeout(deadline);
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#agent.destroy();
  }

  #soon(ms: number): void {
    if (this.#timer !== undefined || this.#sending !== undefined || this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#sending = this.#post().then((ok) => {
        this.#sending = undefined;
        if (this.#waiting.length > 0) this.#soon(ok ? 0 : RETRY_MS);
      });
    }, ms).unref();
  }

  /** @returns whether the batch arrived; what did not is tried again */
  async #post(): Promise<boolean> {
    const batch = this.#waiting.splice(0, BATCH);
    const now = performance.now();
    const age = ({ at, report }: (typeof batch)[number]) => ({ ageMs: now - at, report });
    // Said again each time, for it costs little and the other end may have been started anew.
    const introductions = [...this.#candidates.values()].map((report) => ({ ageMs: 0, report }));
    const body: ReportBatch = { reports: [...introductions, ...batch.map(age)] };
    const ok = await send(this.#url, this.#agent, JSON.stringify(body));
    if (!ok) this.#waiting = [...batch, ...this.#waiting].slice(-MOST_WAITING);
    return ok;
  }
}

function send(url: URL, agent: Agent, body: string): Promise<boolean> {
  return new Promise((resolve) => {
    const headers = { 'content-type': 'application/json' };
    const sending = request(url, { method: 'POST', agent, headers }, (answer) => {
      answer.resume();
      // A batch that was refused would be refused again.
      answer.once('close', () => resolve((answer.statusCode ?? 500) < 500));
    });
    sending.setTimeout(ANSWER_WITHIN_MS, () => sending.destroy());
    sending.on('error', () => resolve(false));
    // Who reports does not keep the program running.
    sending.on('socket', (socket) => socket.unref());
    sending.end(body);
  });
}
