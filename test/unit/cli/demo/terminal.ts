import { EventEmitter } from 'node:events';
import type { WriteStream } from 'node:tty';

/** As much of a terminal as the demo makes use of: what stands on its screen, and its cursor. */
export class Terminal extends EventEmitter {
  readonly isTTY = true;
  readonly lines: string[] = [''];
  cursorVisible = true;
  written = '';
  #row = 0;
  #column = 0;

  constructor(
    public columns: number,
    public rows: number,
  ) {
    super();
  }

  /** What is on the screen; the lines before have scrolled out of it. */
  get seen(): readonly string[] {
    return this.lines.slice(this.#top);
  }

  get #top(): number {
    return Math.max(0, this.lines.length - this.rows);
  }

  get stream(): WriteStream {
    return this as unknown as WriteStream;
  }

  write(text: string): boolean {
    this.written += text;
    // eslint-disable-next-line no-control-regex -- terminals are controlled by these
    for (const [part] of text.matchAll(/\u001b\[[?\d;]*[A-Za-z]|\n|\r|[^\u001b\n\r]+/g)) {
      this.#take(part);
    }
    return true;
  }

  #take(part: string): void {
    const line = this.lines[this.#row] ?? '';
    if (part === '\n') {
      this.#row += 1;
      this.#column = 0;
      this.lines[this.#row] ??= '';
    } else if (part === '\r') this.#column = 0;
    else if (part === '\u001b[K') this.lines[this.#row] = line.slice(0, this.#column);
    else if (part === '\u001b[J') {
      this.lines[this.#row] = line.slice(0, this.#column);
      this.lines.length = this.#row + 1;
    } else if (part === '\u001b[H') {
      this.#row = this.#top;
      this.#column = 0;
    } else if (part === '\u001b[?25l') this.cursorVisible = false;
    else if (part === '\u001b[?25h') this.cursorVisible = true;
    // eslint-disable-next-line no-control-regex -- terminals are controlled by these
    else if (/^\u001b\[\d+A$/.test(part)) this.#row -= Number.parseInt(part.slice(2), 10);
    // eslint-disable-next-line no-control-regex -- terminals are controlled by these
    else if (/^\u001b\[(\?2026[hl]|[\d;]*m)$/.test(part)) return;
    else if (part.startsWith('\u001b')) throw new Error(`Unknown sequence ${JSON.stringify(part)}`);
    else {
      this.lines[this.#row] =
        line.slice(0, this.#column).padEnd(this.#column) +
        part +
        line.slice(this.#column + part.length);
      this.#column += part.length;
    }
  }
}
