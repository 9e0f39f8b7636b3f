import type { WriteStream } from 'node:tty';
import { LiveArea } from '../live-area.js';
import { machineNow } from '../machine-time.js';
import { print } from '../output.js';
import type { Line } from '../style.js';
import { wrap } from '../text.js';

/** One line of what happened. A detail is left out where the table shows it anyway. */
export interface LogEntry {
  /** By `machineNow()`. */
  readonly at: number;
  readonly text: string;
  readonly isDetail?: boolean;
}

/** Where the demo shows what happens: a live picture, or one line after the other. */
export interface Display {
  /** What is to be known before it begins, or after it has ended. */
  say(lines: readonly string[]): void;
  /** What is happening now: a few words, and the same in plain sentences. */
  step(title: string, text: string): void;
  log(entry: LogEntry): void;
  /** Gives the terminal back. Can be called again. */
  close(): void;
}

/** For files, pipes and logs: every line with its time, nothing drawn over. */
export const plainLines: Display = {
  say: (lines) => print(lines.join('\n')),
  step: (title, text) => print(`\n${timeOf(machineNow())}  ${title}: ${text}`),
  log: ({ at, text }) => print(`${timeOf(at)}    ${text}`),
  close: () => undefined,
};

/** How often it is drawn, if it has changed. */
const TICK_MS = 100;
const SHOWN_LOG_LINES = 10;

/** A table of the candidates and the last that happened, brought up to date in place. */
export class LiveScreen implements Display {
  readonly #terminal: WriteStream;
  readonly #table: () => readonly Line[];
  readonly #log: Line[] = [];
  #headline = '';
  #area: LiveArea | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(terminal: WriteStream, table: () => readonly Line[]) {
    this.#terminal = terminal;
    this.#table = table;
  }

  say(lines: readonly string[]): void {
    this.close();
    print(lines.join('\n'));
  }

  step(title: string, text: string): void {
    this.#headline = `${title}: ${text}`;
    if (this.#area === null) {
      print('');
      this.#area = new LiveArea(this.#terminal, () => this.#draw());
      this.#timer = setInterval(() => this.#draw(), TICK_MS);
    }
    this.log({ at: machineNow(), text: `-- ${title}` });
    this.#draw();
  }

  log({ at, text, isDetail = false }: LogEntry): void {
    if (isDetail) return;
    this.#log.push({ text: `${timeOf(at)}  ${text}`, style: 'dim' });
    this.#log.splice(0, this.#log.length - SHOWN_LOG_LINES);
  }

  /** Leaves the last picture where it is. */
  close(): void {
    this.#draw();
    clearInterval(this.#timer);
    this.#area?.close();
    this.#area = null;
  }

  #draw(): void {
    if (this.#area === null) return;
    const headline = wrap(this.#headline, Math.min(this.#area.columns, MAX_COLUMNS) - 1);
    // Empty lines keep the height the same.
    const log = Array.from({ length: SHOWN_LOG_LINES }, (_, index) => this.#log[index] ?? '');
    const title = headline.map((text): Line => ({ text, style: 'bold' }));
    this.#area.draw([...title, '', ...this.#table(), '', ...log]);
  }
}

const MAX_COLUMNS = 100;

const WALL_MINUS_MACHINE_MS = Date.now() - machineNow();

/** The time of day, with milliseconds. */
function timeOf(at: number): string {
  const date = new Date(WALL_MINUS_MACHINE_MS + at);
  return `${date.toTimeString().slice(0, 8)}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}
