import type { Logger } from '../../logging/logger.js';
import { reasonText } from '../../logging/loggers.js';
import { RETIRED } from '../../election/news-texts.js';
import { harmless, jsonText, printable, shorten } from '../../text/printable.js';

/** Of one value in a line; an error may say more. */
const LONGEST_VALUE = 300;
const LONGEST_ERROR = 10_000;

export type Level = 'debug' | 'info' | 'warn' | 'error';

export interface LogOptions {
  /** One JSON object a line. */
  readonly json: boolean;
  /** Warnings and errors only. */
  readonly quiet: boolean;
}

/** What every line would repeat: it stands in the first line of `run`. */
const REPEATED = new Set(['lock', 'identity']);

/**
 * The log of `run`, on stderr: stdout belongs to the command. Fields of the library's own messages
 * are names and numbers; of an error only its message is shown, which holds no secret.
 */
export class RunLog implements Logger {
  readonly #write: (text: string) => void;
  readonly #options: LogOptions;

  constructor(write: (text: string) => void, options: LogOptions) {
    this.#write = write;
    this.#options = options;
  }

  debug(): void {
    // Of use to those who develop the library; they have its events.
  }

  info(fields: object, message: string): void {
    if (!this.#options.quiet) this.#line('info', fields, message);
  }

  warn(fields: object, message: string): void {
    // What follows the end of a candidacy is up to `run`, which tells it in its own words.
    if (message.startsWith(RETIRED)) return;
    this.#line('warn', fields, message);
  }

  error(fields: object, message: string): void {
    this.#line('error', fields, message);
  }

  #line(level: Level, fields: object, message: string): void {
    const time = new Date().toISOString();
    const shown = Object.entries(fields).map(([name, value]) =>
      name === 'err' ? (['error', messageOf(value)] as const) : ([name, cut(value)] as const),
    );
    if (this.#options.json) {
      const line = {
        time,
        level,
        message: shorten(message, LONGEST_ERROR),
        ...Object.fromEntries(shown),
      };
      this.#write(`${jsonText(line)}\n`);
      return;
    }
    const details = shown
      .filter(([name]) => name !== 'error' && !REPEATED.has(name))
      .map(([name, value]) => ` ${name}=${printable(String(value))}`);
    const text = `${harmless(message)}${details.join('')}${reasonText(fields)}`;
    this.#write(`${time} ${level.padEnd(5)} ${text}\n`);
  }
}

function cut(value: unknown): unknown {
  return typeof value === 'string' ? shorten(value, LONGEST_VALUE) : value;
}

function messageOf(error: unknown): string {
  return shorten(error instanceof Error ? error.message : String(error), LONGEST_ERROR);
}
