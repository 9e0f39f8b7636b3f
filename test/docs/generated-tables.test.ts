import { describe, expect, it } from 'vitest';
import { COMMAND, staleFiles } from '../../docs/generate.js';
import { optionTable, pagesWithTables } from '../../docs/tables.js';
import { aFunction, optional, required, seconds } from '../../src/validation/rules.js';

const texts = (byDefault: string) =>
  new Map([['pauseSeconds', { meaning: 'How long.', byDefault, badly: '' }]]);

describe('the table of options that is made of the code', () => {
  it('has a line for each, with its rule, its default and its comment', () => {
    const rows = { pauseSeconds: optional(seconds({ min: 0 }), 5) };
    expect(optionTable(rows, texts('`5`')).split('\n').at(-1)).toBe(
      '| `pauseSeconds` | seconds, at least 0 | `5` | How long. |',
    );
  });

  it('cannot be made when a comment names another default than the code', () => {
    const rows = { pauseSeconds: optional(seconds({ min: 0 }), 6) };
    expect(() => optionTable(rows, texts('`5`'))).toThrow(/says @defaultValue `5`; it is `6`/);
  });

  it('takes the words of the comment for a default that is no plain value', () => {
    const rows = { pauseSeconds: optional(aFunction, Math.random) };
    expect(optionTable(rows, texts('any'))).toContain('| a function | any |');
  });

  it('cannot be made for an option whose comment says nothing', () => {
    const rows = { other: required(aFunction) };
    expect(() => optionTable(rows, texts(''))).toThrow(/other has no comment/);
  });
});

describe('the tables that are made of the code', () => {
  it('stand in the pages as they would be made now', async () => {
    const pages = await pagesWithTables();
    expect([...pages.keys()]).toEqual([
      'README.md',
      'docs/locks.md',
      'docs/health.md',
      'docs/cli.md',
    ]);
    expect(await staleFiles(pages), `run \`${COMMAND}\``).toEqual([]);
  });
});
