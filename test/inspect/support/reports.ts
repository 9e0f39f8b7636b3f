import type {
  CandidateInfo,
  CandidateView,
  NewsView,
  PageMessage,
  StepReport,
  Timed,
} from '../../../src/inspect/wire.js';

export const viewOf = (fields: Partial<CandidateView> = {}): CandidateView => ({
  state: 'idle',
  active: ['idle'],
  status: 'active',
  leads: false,
  leader: null,
  lock: 'unknown',
  record: null,
  version: null,
  term: null,
  rings: [],
  waits: [],
  failures: 0,
  endReason: null,
  ...fields,
});

export const infoOf = (id: string): CandidateInfo => ({
  id,
  name: id,
  identity: id,
  lock: 'Lease default/watched',
  pid: 1,
  timings: {
    leaseDuration: 15_000,
    renewDeadline: 10_000,
    retryPeriod: 2000,
    drainTimeout: 20_000,
  },
});

export const stepReport = (
  candidate: string,
  view: Partial<CandidateView> = {},
  news: readonly NewsView[] = [],
): StepReport => ({
  kind: 'step',
  candidate,
  event: 'start',
  eventText: 'start',
  transitions: [],
  news,
  view: viewOf(view),
  wallMs: 0,
});

export const stepAtTime = (
  t: number,
  candidate: string,
  view: Partial<CandidateView> = {},
): Timed<StepReport> => ({ ...stepReport(candidate, view), t });

export const pageMessage = (reports: PageMessage['reports'], reset = false): PageMessage => ({
  now: 0,
  reset,
  reports,
});

/** Every message that a page gets on a stream, as it comes; `bytes` is all of it, verbatim. */
export class StreamReader {
  bytes = '';
  readonly #abort = new AbortController();

  static async open(url: string): Promise<StreamReader> {
    const reader = new StreamReader();
    const response = await fetch(`${url}stream`, { signal: reader.#abort.signal });
    void reader.#read(response);
    return reader;
  }

  get messages(): PageMessage[] {
    const whole = this.bytes.slice(0, this.bytes.lastIndexOf('\n\n') + 1);
    return whole
      .split('\n')
      .filter((line) => line.startsWith('data: '))
      .map((line) => JSON.parse(line.slice('data: '.length)) as PageMessage);
  }

  get steps(): Timed<StepReport>[] {
    return this.messages.flatMap(({ reports }) =>
      reports.flatMap((report) => (report.kind === 'step' ? [report] : [])),
    );
  }

  close(): void {
    this.#abort.abort();
  }

  async #read(response: Response): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const part of response.body ?? [])
        this.bytes += decoder.decode(part as Uint8Array);
    } catch {
      // It was closed.
    }
  }
}
