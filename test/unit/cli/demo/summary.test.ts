import { describe, expect, it } from 'vitest';
import { handoverBound, takeoverBound } from '../../../../src/cli/demo/bounds.js';
import type { StoryResult } from '../../../../src/cli/demo/story.js';
import { overlaps, summarize } from '../../../../src/cli/demo/words.js';
import { wrap } from '../../../../src/cli/text.js';

const TIMINGS = { leaseDurationSeconds: 4, renewDeadlineSeconds: 3, retryPeriodSeconds: 1 };

const RESULT: StoryResult = {
  firstLeader: 'candidate-2',
  electedAfterMs: 120,
  takeover: { from: 'candidate-2', to: 'candidate-1', tookMs: 4310, bound: takeoverBound(TIMINGS) },
  handover: {
    from: 'candidate-1',
    to: 'candidate-3',
    tookMs: 830,
    bound: handoverBound(TIMINGS),
    freeMs: 810,
  },
  fencingTokens: [5n, 8n, 13n],
};

const led = (name: string, from: number, to: number) => ({ name, from, to });
const APART = [led('candidate-2', 0, 3000), led('candidate-1', 7000, 9000)];

describe('the bounds', () => {
  it('are the longest time between two looks, and slack; after a crash the lease besides', () => {
    expect(handoverBound(TIMINGS).ms).toBeCloseTo(3200);
    expect(takeoverBound(TIMINGS).ms).toBeCloseTo(7200);
  });
});

describe('times of leading', () => {
  it('that touch do not overlap', () => {
    expect(overlaps([led('a', 0, 10), led('b', 10, 20)])).toEqual([]);
  });

  it('that overlap are found in any order, with how long', () => {
    const crossing = [led('b', 9, 20), led('a', 0, 10)];
    expect(overlaps(crossing)).toEqual(['a and b both led for 0.00 s.']);
  });

  it('that lie within another one, or far after a short one, are found', () => {
    const nested = [led('a', 0, 100), led('b', 10, 20), led('c', 50, 60)];
    expect(overlaps(nested)).toEqual([
      'a and b both led for 0.01 s.',
      'a and c both led for 0.01 s.',
    ]);
  });
});

describe('the summary', () => {
  it('gives the measured times beside what the timings allow', () => {
    const { lines, problem } = summarize(RESULT, APART, TIMINGS, 1000);
    const text = lines.join('\n').replace(/\s+/g, ' ');
    expect(problem).toBeNull();
    expect(text).toContain('candidate-1 led 4.31 s later. The timings allow 7.20 s');
    expect(text).toContain('candidate-3 led 0.83 s later, 0.81 s after the lock was released');
    expect(text).toContain('Two leaders at once: at no moment.');
    expect(text).toContain('Fencing tokens: 5, then 8, then 13.');
    expect(text).toContain(
      '15/10/2 s, at most 20.40 s after a crash and 5.40 s after a clean stop',
    );
  });

  it('names two leaders at once as what they are', () => {
    const both = [...APART, led('candidate-3', 8500, 8750)];
    const { lines, problem } = summarize(RESULT, both, TIMINGS, 80);
    expect(problem).toBe('candidate-1 and candidate-3 both led for 0.25 s.');
    expect(lines.join(' ')).not.toContain('at no moment');
  });

  it('names fencing tokens that do not grow', () => {
    const result = { ...RESULT, fencingTokens: [5n, 8n, 8n] };
    expect(summarize(result, APART, TIMINGS, 80).problem).toBe(
      'The fencing tokens did not grow: 5, 8, 8.',
    );
  });

  it.each([80, 50, 30])('keeps to %i columns', (columns) => {
    for (const line of summarize(RESULT, APART, TIMINGS, columns).lines) {
      expect(line.length).toBeLessThanOrEqual(columns);
    }
  });
});

describe('text', () => {
  it('is broken between words, and indented from the second line on', () => {
    expect(wrap('- one two three', 9, '  ')).toEqual(['- one two', '  three']);
  });

  it('keeps its width with the indent counted in', () => {
    expect(wrap('aaa bbb ccc ddd', 7, '  ')).toEqual(['aaa bbb', '  ccc', '  ddd']);
  });
});
