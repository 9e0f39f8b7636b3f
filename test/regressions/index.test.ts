import { existsSync } from 'node:fs';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { regressions, type TestName } from './index.js';
import { mutant, simulated } from './seeded-bugs/seeded-bug.js';
import { namesIn, ROOT, testNames } from './support/test-names.js';

/* The table of regressions says what is true of the files that it names. */

function missing({ file, name }: TestName): string[] {
  if (!existsSync(`${ROOT}${file}`)) return [`${file} does not exist`];
  const found = testNames(file).filter((declared) => declared === name).length;
  return found === 1 ? [] : [`${file} has ${found} tests "${name}" that run`];
}

describe('each regression', () => {
  it('has tests, all of which exist and run', () => {
    expect(regressions.filter(({ tests }) => tests.length === 0)).toEqual([]);
    expect(regressions.flatMap(({ tests }) => tests.flatMap(missing))).toEqual([]);
  });

  it('has a seeded bug, which replaces a part of the product', () => {
    for (const { situation, bug } of regressions) {
      // A chart is made here, or fails to be where there is no such change to make.
      const parts = Object.values(bug.make()) as unknown[];
      expect(parts.filter(Boolean), situation).toHaveLength(1);
    }
  });

  it('is described once', () => {
    const situations = regressions.map(({ situation }) => situation);
    expect(situations.length).toBeGreaterThanOrEqual(28);
    expect(situations.filter((text, at) => situations.indexOf(text) !== at)).toEqual([]);
  });
});

describe('the tests of this directory', () => {
  it('are in the table', () => {
    const named = new Set(
      regressions.flatMap(({ tests }) => tests.map(({ file, name }) => `${file}: ${name}`)),
    );
    const files = [...new Set(regressions.flatMap((r) => r.tests.map(({ file }) => file)))];
    const here = files.filter((file) => file.startsWith('test/regressions/'));
    const unnamed = here.flatMap((file) =>
      testNames(file).flatMap((name) =>
        named.has(`${file}: ${name}`) ? [] : [`${file}: ${name}`],
      ),
    );
    expect(unnamed).toEqual([]);
  });
});

describe('a table that is wrong', () => {
  const file = 'test/regressions/index.test.ts';

  it('is found by a test that does not exist, or not under that name', () => {
    expect(missing({ file: 'test/none.test.ts', name: 'x' })).toEqual([
      'test/none.test.ts does not exist',
    ]);
    expect(missing({ file, name: 'is described once' })).toHaveLength(1);
    expect(missing({ file, name: 'each regression > is described once' })).toEqual([]);
  });

  it('is found by a test that is not run, or that is only a comment', () => {
    const source = `
      // it('in a comment', () => {});
      describe('a', () => {
        it.skip('one', () => {});
        it.todo('two');
        it.each([1])('three %d', () => {});
        describe.concurrent('b', () => { test('four', () => {}); });
      });
      describe.skip('c', () => { it('five', () => {}); });
    `;
    const parsed = ts.createSourceFile('x.test.ts', source, ts.ScriptTarget.Latest, true);
    expect(namesIn(parsed)).toEqual(['a > three %d', 'a > b > four']);
  });

  it('is found by a seeded bug that there is not', () => {
    expect(() => simulated('no-such-bug')).toThrow('no-such-bug');
    expect(() => mutant('', 'lost: is found').make().leaderElectionMachine).toThrow(
      'lost: is found',
    );
  });
});
