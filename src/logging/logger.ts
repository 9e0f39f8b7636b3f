/**
 * The subset of pino's logger that is used. Any logger with `(object, message)` methods fits; for
 * one that takes the message first, such as winston, there is `messageFirst(logger)`.
 */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
