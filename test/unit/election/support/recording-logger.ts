import type { Logger } from '../../../../src/logging/logger.js';
import { Candidate, type Options } from './candidate.js';

/** A logger that keeps every line. */
export class RecordingLogger implements Logger {
  readonly lines: { level: keyof Logger; fields: object; message: string }[] = [];

  // Methods, not arrow functions: like pino's, they need their `this`.
  debug(fields: object, message: string): void {
    this.lines.push({ level: 'debug', fields, message });
  }
  info(fields: object, message: string): void {
    this.lines.push({ level: 'info', fields, message });
  }
  warn(fields: object, message: string): void {
    this.lines.push({ level: 'warn', fields, message });
  }
  error(fields: object, message: string): void {
    this.lines.push({ level: 'error', fields, message });
  }

  of(level: keyof Logger): string[] {
    return this.lines.filter((line) => line.level === level).map(({ message }) => message);
  }
}

/** A candidate whose log is kept. */
export function logged(options: Options = {}): { c: Candidate; logger: RecordingLogger } {
  const logger = new RecordingLogger();
  return { c: new Candidate({ logger, ...options }), logger };
}
