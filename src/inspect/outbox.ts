import { Agent, request } from 'node:http';
import type { Logger } from '../logging/logger.js';
import { stderrLogger } from '../logging/loggers.js';
import { MOST_CANDIDATES } from './page/forgetting.js';
import type { ReportTarget } from './report-target.js';
import type { Report, ReportBatch, ReportSink } from './wire.js';

const BATCH = 200;
/** Of a batch, as JSON: a chart takes 1 MiB. */
const MOST_BYTES = 900_000;
const MOST_WAITING = 2000;
/** So often a word at the least, so that a chart notices when there is none. */
const BEAT_MS = 1000;
/** After a failure; twice as long after each further one. */
const RETRY_MS = 1000;
const LONGEST_RETRY_MS = 30_000;
const ANSWER_WITHIN_MS = 5000;
const CLOSE_WITHIN_MS = 1000;

/**
 * Reports on their way to the chart of another process, in batches, one at a time. What happens to
 * them is nobody's concern but the chart's: what cannot be sent is kept for a while and then dropped,
 * the oldest first, and said once.
 */
export class Outbox implements ReportSink {
  /** Where it is said that the chart does not take the reports. */
  logger: Logger = stderrLogger;
  readonly #target: ReportTarget;
  #agent: Agent | null = null;
  /** What each candidate said of itself, for a view that has forgotten it or never heard. */
  readonly #candidates = new Map<string, Report>();
  readonly #complaints = new Set<string>();
  #waiting: { readonly at: number; readonly report: Report }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #dueAt = Infinity;
  #failures = 0;
  #sending: Promise<void> | undefined;
  #closed = false;

  constructor(target: ReportTarget) {
    this.#target = target;
  }

  report(report: Report): void {
    if (this.#closed) return;
    if (report.kind === 'candidate') this.#candidates.set(report.info.id, report);
    if (report.kind === 'gone') this.#candidates.delete(report.candidate);
    this.#waiting.push({ at: performance.now(), report });
    if (this.#waiting.length > MOST_WAITING) this.#waiting.splice(0, MOST_WAITING / 2);
    // While the chart cannot be reached, news does not make it be tried more often.
    if (this.#failures === 0) this.#soon(0);
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
    this.#agent?.destroy();
  }

  #soon(ms: number): void {
    const at = performance.now() + ms;
    if (this.#sending !== undefined || this.#closed || this.#dueAt <= at) return;
    clearTimeout(this.#timer);
    this.#dueAt = at;
    this.#timer = setTimeout(() => {
      this.#dueAt = Infinity;
      this.#sending = this.#post().then((ok) => {
        this.#sending = undefined;
        this.#failures = ok ? 0 : this.#failures + 1;
        if (!ok) this.#soon(Math.min(RETRY_MS * 2 ** (this.#failures - 1), LONGEST_RETRY_MS));
        else if (this.#waiting.length > 0) this.#soon(0);
        else if (this.#candidates.size > 0) this.#soon(BEAT_MS);
      });
    }, ms).unref();
  }

  /** @returns whether the batch arrived; what did not is tried again */
  async #post(): Promise<boolean> {
    const now = performance.now();
    // Said again each time, for it costs little and the other end may have been started anew.
    const entries = [...this.#candidates.values()]
      .slice(-MOST_CANDIDATES)
      .map((report) => entry(report, 0));
    let bytes = entries.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0);
    let taken = 0;
    for (const { at, report } of this.#waiting.slice(0, BATCH)) {
      const text = entry(report, now - at);
      bytes += Buffer.byteLength(text) + 1;
      // One that is too much by itself goes alone, so that it takes no others with it.
      if (bytes > MOST_BYTES && taken > 0) break;
      entries.push(text);
      taken += 1;
    }
    const batch = this.#waiting.splice(0, taken);
    const problem = await this.#send(`{"beatMs":${BEAT_MS},"reports":[${entries.join(',')}]}`);
    if (problem === null) return true;
    this.#complain(problem);
    if (Object.values(NEVER_TAKEN).includes(problem)) return true;
    this.#waiting = [...batch, ...this.#waiting].slice(-MOST_WAITING);
    return false;
  }

  /** Once each, with the chart's name and without the token. */
  #complain(problem: string): void {
    if (this.#complaints.has(problem) || this.#closed) return;
    this.#complaints.add(problem);
    const chart = this.#target.name;
    this.logger.warn({ chart }, `The live chart at ${chart} ${problem}; the election goes on`);
  }

  /** @returns what was the matter; null when it arrived */
  async #send(body: string): Promise<string | null> {
    const { url, token, isSecure } = this.#target;
    const { Agent: SecureAgent, request: ask } = isSecure
      ? await import('node:https')
      : { Agent, request };
    this.#agent ??= new SecureAgent({ keepAlive: true, maxSockets: 1 });
    const agent = this.#agent;
    return new Promise((resolve) => {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
      const sending = ask(url, { method: 'POST', agent, headers }, (answer) => {
        answer.resume();
        answer.once('close', () => resolve(answered(answer.statusCode ?? 0)));
      });
      sending.setTimeout(ANSWER_WITHIN_MS, () => sending.destroy(new Error('no answer')));
      sending.on('error', (error: NodeJS.ErrnoException) => {
        resolve(`cannot be reached (${error.code ?? error.message}) and is tried again`);
      });
      // Who reports does not keep the program running.
      sending.on('socket', (socket) => socket.unref());
      sending.end(body);
    });
  }
}

/** One of a batch: `ReportBatch` as text, of which the length is known. */
function entry(report: Report, ageMs: number): string {
  const one: ReportBatch['reports'][number] = { ageMs, report };
  return JSON.stringify(one);
}

/** A batch that makes no sense to the other end, or is too much, would be so the next time, too. */
const NEVER_TAKEN: Readonly<Record<number, string>> = {
  400: 'does not understand a report, which is left out (HTTP 400): is it of another version?',
  413: 'does not take a report, which is too long and is left out (HTTP 413)',
};

function answered(status: number): string | null {
  if (status >= 200 && status < 300) return null;
  const never = NEVER_TAKEN[status];
  if (never !== undefined) return never;
  switch (status) {
    case 401:
      return 'refuses the reports: it has another token';
    case 403:
      return 'refuses the reports: it is not open to other machines (its option "host")';
    case 404:
      return 'refuses the reports: this is not the address of a live chart';
    default:
      return `refuses the reports (HTTP ${status}) and is tried again`;
  }
}
