import type { WriteStream } from 'node:tty';
import { cutToCells } from '../text/cells.js';
import { printable } from '../text/printable.js';
import { asLine, painted, type Line } from './style.js';

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';
/** To the first line that is seen. */
const HOME = '\u001b[H';
// Terminals that know these show what is written in between in one go; others ignore them.
const BEGIN_UPDATE = '\u001b[?2026h';
const END_UPDATE = '\u001b[?2026l';

/** The terminal to draw on, or null where plain lines are wanted: see no-color.org. */
export function drawableTerminal(
  stdout: NodeJS.WriteStream,
  env: NodeJS.ProcessEnv,
): NodeJS.WriteStream | null {
  const drawable = stdout.isTTY && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  return drawable ? stdout : null;
}

interface Drawn {
  readonly lines: readonly string[];
  readonly columns: number;
  readonly rows: number;
}

/**
 * Lines at the end of the terminal's text that are drawn over themselves, and stay there as they
 * were last. What was above remains untouched, unless the terminal gets another size.
 */
export class LiveArea {
  readonly #stream: WriteStream;
  readonly #redraw: () => void;
  #drawn: Drawn | null = null;
  #open = true;

  /** @param redraw draws anew: the terminal has another size, or was used by others meanwhile */
  constructor(stream: WriteStream, redraw: () => void) {
    this.#stream = stream;
    this.#redraw = redraw;
    // However this process ends, short of SIGKILL.
    process.on('exit', this.#restore);
    process.on('SIGTSTP', this.#suspend);
    process.on('SIGCONT', this.#resume);
    stream.on('resize', this.#redraw);
    stream.write(HIDE_CURSOR);
  }

  get columns(): number {
    return this.#stream.columns > 0 ? this.#stream.columns : 80;
  }

  get rows(): number {
    return this.#stream.rows > 0 ? this.#stream.rows : 24;
  }

  /** Draws as much of it as fits. */
  draw(picture: readonly (string | Line)[]): void {
    if (!this.#open) return;
    const { columns, rows } = this;
    const lines = fit(picture, { columns, rows }).map(painted);
    const before = this.#drawn;
    const isSameSize = before?.columns === columns && before.rows === rows;
    if (isSameSize && before.lines.join('\n') === lines.join('\n')) return;
    this.#drawn = { lines, columns, rows };
    const back =
      before === null ? '\r' : isSameSize ? upBy(before.lines.length) : HOME + CLEAR_BELOW;
    const text = lines.map((line) => `${line}${CLEAR_LINE}\n`).join('');
    this.#stream.write(`${BEGIN_UPDATE}${back}${text}${CLEAR_BELOW}${END_UPDATE}`);
  }

  /** Leaves the last picture where it is and gives the terminal back. Can be called again. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#stream.off('resize', this.#redraw);
    process.off('exit', this.#restore);
    process.off('SIGTSTP', this.#suspend);
    process.off('SIGCONT', this.#resume);
    this.#restore();
  }

  readonly #restore = (): void => {
    this.#stream.write(SHOW_CURSOR);
  };

  /** Ctrl-Z: the shell gets its cursor back. */
  readonly #suspend = (): void => {
    this.#restore();
    process.kill(process.pid, 'SIGSTOP');
  };

  readonly #resume = (): void => {
    // The shell has written below the picture meanwhile.
    this.#drawn = null;
    this.#stream.write(HIDE_CURSOR);
    this.#redraw();
  };
}

/**
 * Harmless lines that fit: what is too long is cut, and of too many those in the middle go, so that
 * the first and the newest stay. The last column and row stay free: a terminal may already be in the
 * next line after writing there.
 */
export function fit(
  lines: readonly (string | Line)[],
  { columns, rows }: { readonly columns: number; readonly rows: number },
): Line[] {
  const room = Math.max(1, rows - 1);
  const head = Math.ceil(room / 2);
  const fitting =
    lines.length <= room
      ? lines
      : [...lines.slice(0, head - 1), '...', ...lines.slice(lines.length - (room - head))];
  return fitting.map((line) => {
    const { text, style } = asLine(line);
    return { text: cutToCells(printable(text), columns - 1), style };
  });
}

/**
 * Back to where the drawing begins. That is known only while the size stays: each terminal has its
 * own way with lines that have become too long, and with those that it brings back from above.
 */
function upBy(lines: number): string {
  return lines === 0 ? '\r' : `\r\u001b[${lines}A`;
}
