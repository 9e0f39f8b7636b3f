import { describe, expect, it } from 'vitest';
import { printType, printValue } from '../../../src/validation/print-value.js';
import { suggest } from '../../../src/validation/suggest.js';
import { Problems } from '../../../src/validation/validate.js';
import { ConfigError } from '../../../src/errors/config-error.js';

describe('a value in a message', () => {
  it.each([
    ['text', '"text"'],
    ['a\n\u0007\u200b\u202eb', '"a\\n\\u0007\\u200b\\u202eb"'],
    ['x'.repeat(100), `"${'x'.repeat(60)}…" (100 characters)`],
    [1.5, '1.5'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [-0, '-0'],
    [5n, '5n'],
    [true, 'true'],
    [null, 'null'],
    [undefined, 'undefined'],
    [[1, 2], 'an array of 2'],
    [{ token: 'secret' }, 'an object'],
    [new Map(), 'an object (Map)'],
    [Object.create(null), 'an object'],
    [() => 'secret', 'a function'],
    [Symbol('secret'), 'a symbol'],
  ])('is short, on one line and without contents: %#', (value, printed) => {
    expect(printValue(value)).toBe(printed);
  });

  it('is its type only where it may be a secret', () => {
    expect(['secret', 4711].map(printType)).toEqual(['a string', 'a number']);
  });

  it('survives an object that throws when looked at', () => {
    const get = (): never => {
      throw new Error('no');
    };
    expect(printValue(Object.defineProperty({}, 'constructor', { get }))).toBe('an object');
  });
});

describe('the suggestion for a wrong name', () => {
  const known = ['leaseDurationSeconds', 'renewDeadlineSeconds', 'retryPeriodSeconds', 'onLost'];

  it.each([
    ['leaseDuration', 'leaseDurationSeconds'],
    ['lease_duration', 'leaseDurationSeconds'],
    ['renewDeadlineSecond', 'renewDeadlineSeconds'],
    ['retryPeroidSeconds', 'retryPeriodSeconds'],
    ['onlost', 'onLost'],
    ['colour', null],
    ['', null],
  ])('of %j is %j', (wrong, expected) => {
    expect(suggest(wrong, known)).toBe(expected);
  });
});

describe('Problems', () => {
  const ruleOf = (check: (problems: Problems) => boolean): string | undefined => {
    const problems = new Problems('Test');
    const passed = check(problems);
    expect(problems.found).toHaveLength(passed ? 0 : 1);
    return problems.found[0]?.rule;
  };

  it.each([
    [0, { min: 1 }, 'must be at least 1'],
    [1, { min: 1, max: 1 }, undefined],
    [2, { max: 1 }, 'must be at most 1'],
    [1.5, { integer: true }, 'must be a whole number'],
    [Number.NaN, {}, 'must be a number, and finite'],
    [Number.POSITIVE_INFINITY, { integer: true }, 'must be a whole number, and finite'],
    ['15', {}, 'must be a number'],
    [undefined, {}, 'must be a number'],
    [15n, { integer: true }, 'must be a whole number'],
  ])('checks the number %s against %j', (value, rules, expected) => {
    expect(ruleOf((problems) => problems.number('x', value, rules))).toBe(expected);
  });

  it.each([
    ['a boolean', (p: Problems) => p.boolean('x', 'true'), 'must be true or false'],
    ['a function', (p: Problems) => p.function('x', {}), 'must be a function'],
    ['a choice', (p: Problems) => p.oneOf('x', 'c', ['a', 'b']), 'must be "a" or "b"'],
    ['a rule', (p: Problems) => p.require(1 > 2, 'x', 'must hold', 1), 'must hold'],
    [
      'methods',
      (p: Problems) => p.methods('x', { a: () => 1 }, 'a lock', ['a', 'b']),
      'must be a lock (it has no b())',
    ],
    ['methods of null', (p: Problems) => p.methods('x', null, 'a lock', ['a']), 'must be a lock'],
  ])('checks %s', (_, check, expected) => {
    expect(ruleOf(check)).toBe(expected);
  });

  it.each([
    (p: Problems) => p.boolean('x', false),
    (p: Problems) => p.function('x', () => 1),
    (p: Problems) => p.oneOf('x', 'a', ['a', 'b']),
    (p: Problems) => p.methods('x', { a: () => 1 }, 'a lock', ['a']),
    (p: Problems) => p.options({}),
  ])('lets a value pass that keeps the rule (%#)', (check) => {
    expect(ruleOf(check)).toBeUndefined();
  });

  it('names all options once, however many are none of them', () => {
    const problems = new Problems('LeaderElection');
    problems.unknown({ colour: 1, taste: 2, naem: 3 }, ['name', 'lock']);
    expect(problems.found.map(({ rule }) => rule)).toEqual([
      'is not an option: is not one of name, lock',
      'is not an option',
      'is not an option: did you mean name?',
    ]);
  });

  it('throws nothing when nothing is wrong, and otherwise everything at once', () => {
    const problems = new Problems('LeaderElection');
    problems.throwIfAny();
    problems.number('renewDeadlineSeconds', 20, { max: 15 });
    problems.unknown({ leaseDuration: 15 }, ['leaseDurationSeconds']);

    expect(() => {
      problems.throwIfAny();
    }).toThrow(
      new ConfigError('LeaderElection', [
        { field: 'renewDeadlineSeconds', rule: 'must be at most 15', value: '20' },
        {
          field: 'leaseDuration',
          rule: 'is not an option: did you mean leaseDurationSeconds?',
          value: 'a number',
        },
      ]),
    );
  });
});
