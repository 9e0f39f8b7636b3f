import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { whenParentIsGone } from '../../../src/cli/parent.js';

const NPM = { npm_lifecycle_event: 'npx' };

/** Processes by their ids, each with its parent's; ours is 100. */
class Family {
  constructor(readonly parents: Map<number, number>) {}

  readonly parent = (): number => this.parents.get(100) ?? 1;
  readonly parentOf = (pid: number): number | null => this.parents.get(pid) ?? null;

  /** Its children get another parent, as the kernel sees to. */
  end(pid: number): void {
    this.parents.delete(pid);
    for (const [child, parent] of this.parents) if (parent === pid) this.parents.set(child, 1);
  }
}

describe('the process that started this one', () => {
  const gone = vi.fn<() => void>();
  beforeEach(() => {
    vi.useFakeTimers();
    gone.mockReset();
    const parents: readonly (readonly [number, number])[] = [
      [100, 50],
      [50, 20],
      [20, 10],
    ];
    ancestry = new Family(new Map(parents));
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  let ancestry: Family;

  it('is missed within a second, once', () => {
    whenParentIsGone(gone, { env: {}, ancestry });
    vi.advanceTimersByTime(10_000);
    expect(gone).not.toHaveBeenCalled();
    ancestry.end(50);
    vi.advanceTimersByTime(999);
    expect(gone).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(gone).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(10_000);
    expect(gone).toHaveBeenCalledTimes(1);
  });

  it('may itself lose its parent, which is nothing to us', () => {
    whenParentIsGone(gone, { env: {}, ancestry });
    ancestry.end(20);
    vi.advanceTimersByTime(10_000);
    expect(gone).not.toHaveBeenCalled();
  });

  it('is a shell under npm and npx: they are missed, too', () => {
    whenParentIsGone(gone, { env: NPM, ancestry });
    vi.advanceTimersByTime(10_000);
    expect(gone).not.toHaveBeenCalled();
    ancestry.end(20);
    vi.advanceTimersByTime(1000);
    expect(gone).toHaveBeenCalledTimes(1);
  });

  it.each([0, 1])('is never missed where it is process %i: it outlives us all', (first) => {
    const ancestry = new Family(new Map([[100, first]]));
    whenParentIsGone(gone, { env: NPM, ancestry });
    // Nor is it looked for, once a second for as long as the pod lives.
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(60_000);
    expect(gone).not.toHaveBeenCalled();
  });

  it('is not missed because nobody can tell who started it', () => {
    let canTell = true;
    const parentOf = (pid: number): number | null => (canTell ? ancestry.parentOf(pid) : null);
    whenParentIsGone(gone, { env: NPM, ancestry: { parent: ancestry.parent, parentOf } });
    canTell = false;
    vi.advanceTimersByTime(10_000);
    expect(gone).not.toHaveBeenCalled();
  });

  it('is not looked for any more after that was said', () => {
    const leave = whenParentIsGone(gone, { env: {}, ancestry });
    leave();
    ancestry.end(50);
    vi.advanceTimersByTime(10_000);
    expect(gone).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });
});
