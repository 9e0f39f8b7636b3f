import type { WriteStream } from 'node:tty';
import { truncate } from './demo/text.js';

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

/** The terminal to draw on, or null where plain lines are wanted: see no-color.org. */
export function drawableTerminal(
  stdout: NodeJS.WriteStream,
  env: NodeJS.ProcessEnv,
): NodeJS.WriteStream | null {
  const drawable = stdout.isTTY && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  return drawable ? stdout : null;
}

/** Lines at the end of the terminal's text that are drawn over themselves. */
export class LiveArea {
  readonly #stream: WriteStream;
  #height = 0;
  #open = true;

  constructor(stream: WriteStream) {
    this.#stream = stream;
    // However this process ends, short of SIGKILL.
    process.on('exit', this.#restore);
    stream.write(HIDE_CURSOR);
  }

  get columns(): number {
    return this.#stream.columns > 0 ? this.#stream.columns : 80;
  }

  /** What does not fit goes from the middle on: the first lines and the newest stay. */
  draw(lines: readonly string[]): void {
    const rows = this.#stream.rows > 1 ? this.#stream.rows - 1 : 23;
    const head = Math.ceil(rows / 2);
    const fitting =
      lines.length <= rows
        ? lines
        : [...lines.slice(0, head - 1), '...', ...lines.slice(lines.length - (rows - head))];
    const up = this.#height === 0 ? '\r' : `\r\u001b[${this.#height}A`;
    const text = fitting
      .map((line) => `${truncate(line, this.columns - 1)}${CLEAR_LINE}\n`)
      .join('');
    this.#stream.write(`${up}${text}${CLEAR_BELOW}`);
    this.#height = fitting.length;
  }

  /** Leaves the last picture where it is. Can be called again. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    process.off('exit', this.#restore);
    this.#restore();
  }

  readonly #restore = (): void => {
    this.#stream.write(SHOW_CURSOR);
  };
}
