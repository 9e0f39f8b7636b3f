import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BoardRow } from '../../../../src/cli/demo/board.js';
import { LiveScreen } from '../../../../src/cli/demo/live-screen.js';
import { Terminal } from './terminal.js';

const ROW: BoardRow = {
  name: 'candidate-1',
  pid: 7,
  phase: 'acquiring',
  isLeading: false,
  forMs: 0,
  fencingToken: null,
  renewals: 0,
};

describe('the live screen of the demo', () => {
  let rows: BoardRow[] = [];
  let terminal = new Terminal(80, 24);
  let screen: LiveScreen;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setImmediate'] });
    rows = [ROW];
    terminal = new Terminal(80, 24);
    screen = new LiveScreen({
      stdout: terminal.stream,
      color: true,
      rows: () => rows,
      timeOf: () => '12:00:00.000',
    });
  });
  afterEach(() => {
    screen.close();
    vi.useRealTimers();
  });

  const countOf = (text: string): number =>
    terminal.lines.filter((line) => line.includes(text)).length;

  it('draws over itself: however often it changes, it is on the screen once', () => {
    screen.intro(['what this is']);
    screen.step('One', 'first.');
    vi.advanceTimersByTime(1000);
    rows = [{ ...ROW, phase: 'leading', isLeading: true, fencingToken: 5n }];
    screen.step('Two', 'second.');
    vi.advanceTimersByTime(1000);
    expect(terminal.lines[0]).toBe('what this is');
    expect(countOf('Two: second.')).toBe(1);
    expect(countOf('One: first.')).toBe(0);
    expect(countOf('* candidate-1')).toBe(1);
    expect(countOf('acquiring')).toBe(0);
  });

  it('writes nothing while nothing has changed', () => {
    screen.step('One', 'first.');
    vi.advanceTimersByTime(1000);
    const before = terminal.written;
    vi.advanceTimersByTime(10_000);
    expect(terminal.written).toBe(before);
  });

  it('draws many changes of one moment once', () => {
    screen.step('One', 'first.');
    vi.advanceTimersByTime(1000);
    const before = terminal.written.length;
    for (let n = 0; n < 50; n++) screen.log({ at: 0, text: `line ${n}` });
    vi.runAllTicks();
    vi.advanceTimersByTime(1);
    const drawn = terminal.written.slice(before);
    expect(drawn.split('\u001b[?2026h')).toHaveLength(2);
    expect(drawn).toContain('line 49');
  });

  it('leaves out of the log what the table shows anyway', () => {
    screen.step('One', 'first.');
    screen.log({ at: 0, text: 'renewed', detail: true });
    screen.log({ at: 0, text: 'leads' });
    vi.advanceTimersByTime(1000);
    expect(countOf('renewed')).toBe(0);
    expect(countOf('leads')).toBe(1);
  });

  it('takes the cursor away only while it draws, and leaves the last picture', () => {
    expect(terminal.cursorVisible).toBe(true);
    screen.step('One', 'first.');
    expect(terminal.cursorVisible).toBe(false);
    screen.summary(['what you saw']);
    expect(terminal.cursorVisible).toBe(true);
    expect(countOf('One: first.')).toBe(1);
    expect(terminal.lines.findIndex((line) => line === 'what you saw')).toBeGreaterThan(
      terminal.lines.findIndex((line) => line.includes('candidate-1')),
    );
  });

  it('gives the cursor back when the process exits in the middle', () => {
    const listeners = process.listenerCount('exit');
    screen.step('One', 'first.');
    const added = process.listeners('exit').slice(listeners);
    expect(added).toHaveLength(1);
    (added[0] as () => void)();
    expect(terminal.cursorVisible).toBe(true);
  });

  it('listens to nothing any more once it is closed', () => {
    const events = ['exit', 'SIGTSTP', 'SIGCONT'] as const;
    const counts = (): number[] => events.map((event) => process.listenerCount(event));
    const before = counts();
    screen.step('One', 'first.');
    expect(counts()).not.toEqual(before);
    screen.close();
    expect(counts()).toEqual(before);
    expect(terminal.listenerCount('resize')).toBe(0);
    const { written } = terminal;
    rows = [];
    vi.advanceTimersByTime(10_000);
    expect(terminal.written).toBe(written);
  });

  it('is drawn anew for the new width when the terminal changes', () => {
    screen.step('One', 'first.');
    vi.advanceTimersByTime(1000);
    expect(countOf('fencing token')).toBe(1);
    // Wide lines that are broken by a narrower terminal are not emulated: growing is.
    terminal.columns = 50;
    terminal.rows = 40;
    terminal.emit('resize');
    expect(terminal.written.slice(terminal.written.lastIndexOf('\u001b[?2026h'))).toContain(
      'candidate   pid',
    );
    terminal.columns = 80;
    terminal.emit('resize');
    expect(terminal.written.slice(terminal.written.lastIndexOf('\u001b[?2026h'))).toContain(
      'fencing token',
    );
  });
});
