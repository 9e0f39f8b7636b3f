import { printable } from '../../text/printable.js';
import type { Display } from './display.js';
import type { LogEntry } from './member.js';
import { machineNow } from './messages.js';

/** For files, pipes and logs: every line with its time, nothing drawn over. */
export class PlainLines implements Display {
  readonly #write: (text: string) => void;
  readonly #timeOf: (at: number) => string;

  constructor(write: (text: string) => void, timeOf: (at: number) => string) {
    this.#write = (text) => {
      write(printable(text, { keepLines: true }));
    };
    this.#timeOf = timeOf;
  }

  intro(lines: readonly string[]): void {
    this.#write(`${lines.join('\n')}\n`);
  }

  step(title: string, text: string): void {
    this.#write(`\n${this.#timeOf(machineNow())}  ${title}: ${text}\n`);
  }

  log({ at, text }: LogEntry): void {
    this.#write(`${this.#timeOf(at)}    ${text}\n`);
  }

  changed(): void {
    // Every change worth a line has one.
  }

  summary(lines: readonly string[]): void {
    this.#write(`\n${lines.join('\n')}\n`);
  }

  close(): void {
    // Nothing was taken.
  }
}
