import type { Logger } from './logger.js';
import { harmless } from '../text/printable.js';
import { Problems } from '../validation/validate.js';
import { reasonText, stackOf } from './loggers.js';

/** A logger whose methods take the message first, as winston's do. */
export interface MessageFirstLogger {
  debug(message: string, fields: object): unknown;
  info(message: string, fields: object): unknown;
  warn(message: string, fields: object): unknown;
  error(message: string, fields: object): unknown;
}

/**
 * Turns a logger that takes `(message, fields)`, such as winston, into one that takes
 * `(fields, message)`, such as pino: `logger: messageFirst(winstonLogger)`. The reason of a failure
 * is added to the message, and the stack of an error that your own code has thrown to the fields, as
 * `stack`, since such loggers do not print an error among the fields.
 *
 * @throws {ConfigError} if it has no `debug`, `info`, `warn` and `error`
 */
export function messageFirst(logger: MessageFirstLogger): Logger {
  const problems = new Problems('messageFirst()');
  problems.methods('logger', logger, 'a logger such as winston', LEVELS);
  problems.throwIfAny();
  const log =
    (level: (typeof LEVELS)[number]) =>
    (fields: object, message: string): unknown => {
      const stack = 'err' in fields ? stackOf(fields.err) : null;
      const all = stack === null ? fields : { ...fields, stack: harmless(stack) };
      return logger[level](`${message}${reasonText(fields)}`, all);
    };
  return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
}

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/**
 * Whether a logger is winston's: given `(fields, message)`, it would log the fields and lose every
 * message without a word.
 */
export function isWinston(logger: object): boolean {
  return 'transports' in logger && 'exceptions' in logger && 'rejections' in logger;
}
