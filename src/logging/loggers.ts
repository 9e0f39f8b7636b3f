import type { Logger } from './logger.js';
import { harmless } from '../text/printable.js';
import { LeaderElectionError } from '../errors/leader-election-error.js';
import { onRejection } from '../errors/rejections.js';

/** Warnings and errors to stderr, for programs that give no logger: a library must not be mute. */
export const stderrLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: (fields, message) => {
    console.warn(`[k8s-leader-election] ${message}${fullReasonText(fields)}`);
  },
  error: (fields, message) => {
    console.error(`[k8s-leader-election] ${message}${fullReasonText(fields)}`);
  },
};

export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** The same logger, except that it never fails: a full disk is no reason to stop renewing. */
export function safeLogger(logger: Logger): Logger {
  return new SafeLogger(logger);
}

class SafeLogger implements Logger {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  debug(fields: object, message: string): void {
    this.#log('debug', fields, message);
  }

  info(fields: object, message: string): void {
    this.#log('info', fields, message);
  }

  warn(fields: object, message: string): void {
    this.#log('warn', fields, message);
  }

  error(fields: object, message: string): void {
    this.#log('error', fields, message);
  }

  #log(level: keyof Logger, fields: object, message: string): void {
    try {
      const write: (fields: object, message: string) => unknown = this.#logger[level].bind(
        this.#logger,
      );
      // Messages quote what locks and callbacks of others say.
      onRejection(write(fields, harmless(message)), () => undefined);
    } catch {
      // There is nowhere left to report it to.
    }
  }
}

/** The reason of a failure, to be put after the message; empty where there is none. */
export function reasonText(fields: object): string {
  if (!('err' in fields)) return '';
  return `: ${harmless(fields.err instanceof Error ? fields.err.message : String(fields.err))}`;
}

/** Where the caller's own code has failed; null for errors of ours, whose message says all. */
export function stackOf(error: unknown): string | null {
  if (!(error instanceof Error) || error instanceof LeaderElectionError) return null;
  const stack: unknown = error.stack;
  return typeof stack === 'string' && stack !== '' ? stack : null;
}

/**
 * The same with the stack, without which nobody finds the line of a `TypeError`. Not more of the
 * error than that: clients keep whole requests in theirs, with their tokens.
 */
function fullReasonText(fields: object): string {
  const error = 'err' in fields ? fields.err : undefined;
  const stack = stackOf(error);
  if (stack === null) return reasonText(fields);
  const { message } = error as Error;
  // Messages that were changed later are not in it.
  const text = harmless(stack.includes(message) ? stack : `${message}\n${stack}`);
  // Only what we say begins a line: messages of others may look like lines of the log.
  return `: ${text.replace(/\n(?! {4})/g, '\n    ')}`;
}
