import type { WriteStream } from 'node:tty';
import { printable } from '../../text/printable.js';
import { LiveArea } from '../live-area.js';
import type { BoardRow, LogLine } from './board.js';
import type { Display } from './display.js';
import type { LogEntry } from './member.js';
import { machineNow } from './messages.js';
import { renderFrame } from './render.js';

/** How often the durations in the table are brought up to date. */
const TICK_MS = 250;
const KEPT_LOG_LINES = 50;

export interface LiveScreenOptions {
  readonly stdout: WriteStream;
  readonly color: boolean;
  readonly rows: () => readonly BoardRow[];
  readonly timeOf: (at: number) => string;
}

/** A table of the candidates and the last that happened, brought up to date in place. */
export class LiveScreen implements Display {
  readonly #options: LiveScreenOptions;
  readonly #log: LogLine[] = [];
  #headline = '';
  #area: LiveArea | null = null;
  #timer: NodeJS.Timeout | null = null;
  #pending = false;

  constructor(options: LiveScreenOptions) {
    this.#options = options;
  }

  intro(lines: readonly string[]): void {
    this.#write(`${lines.join('\n')}\n\n`);
  }

  step(title: string, text: string): void {
    this.#headline = printable(`${title}: ${text}`);
    this.#start();
    this.log({ at: machineNow(), text: `-- ${title}` });
  }

  log({ at, text, detail }: LogEntry): void {
    if (detail === true) return;
    this.#log.push({ time: this.#options.timeOf(at), text: printable(text) });
    this.#log.splice(0, Math.max(0, this.#log.length - KEPT_LOG_LINES));
    this.changed();
  }

  /** Draws soon: many changes in one moment are drawn once. */
  changed(): void {
    if (this.#area === null || this.#pending) return;
    this.#pending = true;
    setImmediate(() => {
      this.#pending = false;
      this.#draw();
    });
  }

  summary(lines: readonly string[]): void {
    this.close();
    this.#write(`\n${lines.join('\n')}\n`);
  }

  /** Leaves the last picture where it is and gives the terminal back. Can be called again. */
  close(): void {
    this.#draw();
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#area?.close();
    this.#area = null;
  }

  #write(text: string): void {
    this.#options.stdout.write(printable(text, { keepLines: true }));
  }

  #start(): void {
    if (this.#area !== null) return;
    this.#area = new LiveArea(this.#options.stdout, () => this.#draw());
    this.#timer = setInterval(() => {
      this.#draw();
    }, TICK_MS);
  }

  #draw(): void {
    if (this.#area === null) return;
    const { columns, rows } = this.#area;
    const { color } = this.#options;
    const board = { headline: this.#headline, rows: this.#options.rows(), log: this.#log };
    this.#area.draw(renderFrame(board, { columns, rows, color }));
  }
}
