import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fit, LiveArea } from '../../../src/cli/live-area.js';
import { Terminal } from './demo/terminal.js';

describe('lines made to fit', () => {
  const lines = ['one', 'two', 'three', 'four', 'five', 'six'];
  const texts = (...given: Parameters<typeof fit>): string[] =>
    fit(...given).map(({ text }) => text);

  it('stay as they are where there is room, one row being left free', () => {
    expect(texts(lines, { columns: 20, rows: 7 })).toEqual(lines);
  });

  it('lose those in the middle first: the first and the newest stay', () => {
    expect(texts(lines, { columns: 20, rows: 6 })).toEqual(['one', 'two', '...', 'five', 'six']);
    expect(texts(lines, { columns: 20, rows: 4 })).toEqual(['one', '...', 'six']);
  });

  it('are cut before the last column, and say so; what could move the cursor is shown', () => {
    expect(texts(['0123456789'], { columns: 10, rows: 4 })).toEqual(['01234567…']);
    expect(texts(['a\u001b[2Jb'], { columns: 20, rows: 4 })).toEqual(['a\\u001b[2Jb']);
  });
});

describe('a live area', () => {
  let terminal: Terminal;
  let area: LiveArea;
  let redrawn = 0;

  beforeEach(() => {
    redrawn = 0;
    terminal = new Terminal(40, 10);
    terminal.write('before\n');
    area = new LiveArea(terminal.stream, () => (redrawn += 1));
  });
  afterEach(() => area.close());

  it.each([
    ['narrower', 20, 10],
    ['wider', 80, 10],
    ['lower', 40, 5],
    ['higher', 40, 24],
  ])('begins anew at the top of a terminal that was made %s', (_what, columns, rows) => {
    area.draw(['x'.repeat(30), { text: 'bold', style: 'bold' }]);
    terminal.columns = columns;
    terminal.rows = rows;
    area.draw(['y', 'z']);
    expect(terminal.seen).toEqual(['y', 'z', '']);
  });

  it('is on the screen once, however low the terminal was meanwhile', () => {
    const picture = (): string[] => Array.from({ length: terminal.rows - 2 }, () => 'a line of it');
    area.draw(['the board', ...picture().slice(1)]);
    terminal.rows = 4;
    area.draw(['the board', ...picture().slice(1)]);
    // What has scrolled out comes back.
    terminal.rows = 10;
    area.draw(['the board', ...picture().slice(1)]);
    expect(terminal.seen.filter((line) => line === 'the board')).toHaveLength(1);
    expect(terminal.seen.filter((line) => line === 'a line of it')).toHaveLength(7);
  });

  it('asks for a new picture when the size has changed, and after Ctrl-Z and fg', () => {
    terminal.emit('resize');
    expect(redrawn).toBe(1);
    area.draw(['a']);
    process.emit('SIGCONT');
    expect(redrawn).toBe(2);
    const before = terminal.written.length;
    area.draw(['a']);
    // The shell has written meanwhile: it does not go up, and the same picture is drawn again.
    expect(terminal.written.slice(before)).toMatch(/2026h\ra/);
  });

  it('writes nothing any more once it was closed', () => {
    area.draw(['a']);
    area.close();
    const { written } = terminal;
    area.draw(['b']);
    terminal.emit('resize');
    expect([terminal.written, redrawn]).toEqual([written, 0]);
    expect(terminal.cursorVisible).toBe(true);
  });
});
