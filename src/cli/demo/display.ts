import type { LogEntry } from './member.js';

/** Where the demo shows what happens: a live picture, or one line after the other. */
export interface Display {
  /** What is to be known before it begins. */
  intro(lines: readonly string[]): void;
  /** What is happening now: a few words, and the same in plain sentences. */
  step(title: string, text: string): void;
  log(entry: LogEntry): void;
  /** Something that the table shows is different. */
  changed(): void;
  /** What was seen, at the end. */
  summary(lines: readonly string[]): void;
  /** Gives the terminal back. Can be called again. */
  close(): void;
}
