import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LiveScreen } from '../../../../src/cli/demo/display.js';
import type { Line } from '../../../../src/cli/style.js';
import { Terminal } from './terminal.js';

const ROW: Line = { text: '  candidate-1  acquiring  0 s' };

describe('the live screen of the demo', () => {
  let rows: Line[] = [];
  let terminal = new Terminal(80, 24);
  let screen: LiveScreen;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    rows = [ROW];
    terminal = new Terminal(80, 24);
    screen = new LiveScreen(terminal.stream, () => rows);
    vi.spyOn(console, 'log').mockImplementation((text: string) => void terminal.write(`${text}\n`));
  });
  afterEach(() => {
    screen.close();
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  const countOf = (text: string): number =>
    terminal.lines.filter((line) => line.includes(text)).length;

  it('is on the screen once, however often it changes, and of the log without details', () => {
    screen.say(['what this is']);
    screen.step('One', 'first.');
    screen.log({ at: 0, text: 'renewed', isDetail: true });
    vi.advanceTimersByTime(1000);
    rows = [{ text: '* candidate-1  leading    0 s', style: 'green' }];
    screen.step('Two', 'second.');
    screen.log({ at: 0, text: 'new leader' });
    vi.advanceTimersByTime(1000);
    expect(terminal.lines[0]).toBe('what this is');
    const shown = ['Two: second.', '* candidate-1', 'new leader'].map(countOf);
    const gone = ['One: first.', 'acquiring', 'renewed'].map(countOf);
    expect([shown, gone]).toEqual([
      [1, 1, 1],
      [0, 0, 0],
    ]);
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
    vi.advanceTimersByTime(100);
    const drawn = terminal.written.slice(before);
    expect(drawn.split('\u001b[?2026h')).toHaveLength(2);
    expect(drawn).toContain('line 49');
  });

  it('takes the cursor away only while it draws, and leaves the last picture', () => {
    expect(terminal.cursorVisible).toBe(true);
    screen.step('One', 'first.');
    expect(terminal.cursorVisible).toBe(false);
    screen.say(['what you saw']);
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
    screen.step('One', `${'word '.repeat(20)}end.`);
    vi.advanceTimersByTime(1000);
    const latest = (): string =>
      terminal.written.slice(terminal.written.lastIndexOf('\u001b[?2026h'));
    expect(latest()).toContain(`One: ${'word '.repeat(14)}word\u001b[0m\u001b[K\n`);
    terminal.columns = 25;
    terminal.rows = 40;
    terminal.emit('resize');
    expect(latest()).toContain('One: word word word word\u001b[0m\u001b[K\n');
    expect(latest()).toContain('  candidate-1  acquirin…');
    terminal.columns = 80;
    terminal.emit('resize');
    expect(latest()).toContain('  candidate-1  acquiring  0 s');
  });

  it('in a low terminal shows what it is about, and the latest', () => {
    terminal.rows = 8;
    screen.step('One', 'first.');
    for (let n = 0; n < 30; n++) screen.log({ at: 0, text: `line ${n}` });
    vi.advanceTimersByTime(100);
    expect(terminal.seen.at(0)).toBe('One: first.');
    expect(terminal.seen.at(-2)).toContain('line 29');
    expect(terminal.seen).toHaveLength(8);
  });

  it('keeps its height while the log grows, so that nothing moves', () => {
    screen.step('One', 'first.');
    vi.advanceTimersByTime(100);
    const height = terminal.lines.length;
    for (let n = 0; n < 30; n++) screen.log({ at: 0, text: `line ${n}` });
    vi.advanceTimersByTime(100);
    expect(terminal.lines).toHaveLength(height);
  });
});
