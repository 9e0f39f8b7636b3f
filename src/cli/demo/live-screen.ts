import type { WriteStream } from 'node:tty';
import type { BoardRow, LogLine } from './board.js';
import type { Display } from './display.js';
import type { LogEntry } from './member.js';
import { machineNow } from './messages.js';
import { renderFrame } from './render.js';

/** How often the durations in the table are brought up to date. */
const TICK_MS = 250;
const KEPT_LOG_LINES = 50;

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';
// Terminals that know these show what is written in between in one go; others ignore them.
const BEGIN_UPDATE = '\u001b[?2026h';
const END_UPDATE = '\u001b[?2026l';

export interface LiveScreenOptions {
  readonly stdout: WriteStream;
  readonly color: boolean;
  readonly rows: () => readonly BoardRow[];
  readonly timeOf: (at: number) => string;
}

/**
 * A picture at the end of the terminal's text that is drawn over itself, and stays there as it was
 * last. What was above remains untouched.
 */
export class LiveScreen implements Display {
  readonly #options: LiveScreenOptions;
  readonly #log: LogLine[] = [];
  #headline = '';
  #drawn: { readonly lines: readonly string[]; readonly columns: number } | null = null;
  #timer: NodeJS.Timeout | null = null;
  #pending = false;

  constructor(options: LiveScreenOptions) {
    this.#options = options;
  }

  intro(lines: readonly string[]): void {
    this.#options.stdout.write(`${lines.join('\n')}\n\n`);
  }

  step(title: string, text: string): void {
    this.#headline = `${title}: ${text}`;
    this.#start();
    this.log({ at: machineNow(), text: `-- ${title}` });
  }

  log({ at, text, detail }: LogEntry): void {
    if (detail === true) return;
    this.#log.push({ time: this.#options.timeOf(at), text });
    this.#log.splice(0, Math.max(0, this.#log.length - KEPT_LOG_LINES));
    this.changed();
  }

  /** Draws soon: many changes in one moment are drawn once. */
  changed(): void {
    if (this.#timer === null || this.#pending) return;
    this.#pending = true;
    setImmediate(() => {
      this.#pending = false;
      if (this.#timer !== null) this.#draw();
    });
  }

  summary(lines: readonly string[]): void {
    this.close();
    this.#options.stdout.write(`\n${lines.join('\n')}\n`);
  }

  /** Leaves the last picture where it is and gives the terminal back. Can be called again. */
  close(): void {
    if (this.#timer === null) return;
    this.#draw();
    clearInterval(this.#timer);
    this.#timer = null;
    const { stdout } = this.#options;
    stdout.off('resize', this.#resized);
    process.off('exit', this.#restore);
    process.off('SIGTSTP', this.#suspend);
    process.off('SIGCONT', this.#resume);
    this.#restore();
  }

  #start(): void {
    if (this.#timer !== null) return;
    const { stdout } = this.#options;
    // However this process ends, short of SIGKILL.
    process.on('exit', this.#restore);
    process.on('SIGTSTP', this.#suspend);
    process.on('SIGCONT', this.#resume);
    stdout.on('resize', this.#resized);
    stdout.write(HIDE_CURSOR);
    this.#timer = setInterval(() => {
      this.#draw();
    }, TICK_MS);
  }

  readonly #restore = (): void => {
    this.#options.stdout.write(SHOW_CURSOR);
  };

  /** Ctrl-Z: the shell gets its cursor back. */
  readonly #suspend = (): void => {
    this.#restore();
    process.kill(process.pid, 'SIGSTOP');
  };

  readonly #resume = (): void => {
    // The shell has written below the picture meanwhile.
    this.#drawn = null;
    this.#options.stdout.write(HIDE_CURSOR);
    this.#draw();
  };

  readonly #resized = (): void => {
    this.#draw();
  };

  #draw(): void {
    const { stdout, color } = this.#options;
    const columns = stdout.columns > 0 ? stdout.columns : 80;
    const height = stdout.rows > 0 ? stdout.rows : 24;
    const lines = renderFrame(
      { headline: this.#headline, rows: this.#options.rows(), log: this.#log },
      { columns, rows: height, color },
    );
    const before = this.#drawn;
    if (before?.columns === columns && before.lines.join('\n') === lines.join('\n')) return;
    this.#drawn = { lines, columns };
    const up = before === null ? 0 : Math.min(heightAt(columns, before.lines), height - 1);
    const back = up === 0 ? '\r' : `\r\u001b[${up}A`;
    const text = lines.map((line) => `${line}${CLEAR_LINE}\n`).join('');
    stdout.write(`${BEGIN_UPDATE}${back}${text}${CLEAR_BELOW}${END_UPDATE}`);
  }
}

/** How many lines of a terminal of that width these lines take after it was made narrower. */
function heightAt(columns: number, lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(visible(line) / columns)), 0);
}

function visible(line: string): number {
  // eslint-disable-next-line no-control-regex -- the escape sequences are what is left out
  return line.replace(/\u001b\[[\d;]*m/g, '').length;
}
