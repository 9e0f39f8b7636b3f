import { describe, expect, it } from 'vitest';
import { optionTable, optionTexts } from '../../docs/api-page.js';
import { alternativesOf, type Member, membersOf } from '../../docs/docstrings.js';
import { COMMAND, staleFiles } from '../../docs/generate.js';
import { pagesWithTables } from '../../docs/tables.js';
import { aFunction, optional, required, seconds } from '../../src/validation/rules.js';

const texts = (said: Partial<Member>): readonly Member[] => [
  {
    name: 'pauseSeconds',
    signature: '',
    type: '',
    meaning: 'How long.',
    byDefault: '',
    badly: '',
    throws: [],
    ...said,
  },
];
const rows = { pauseSeconds: optional(seconds({ min: 0 }), 5) };

describe('the options that are told by the code', () => {
  it('cannot be told when a comment names another default than the code', () => {
    const other = { pauseSeconds: optional(seconds({ min: 0 }), 6) };
    expect(() => optionTable(other, texts({ byDefault: '`5`' }))).toThrow(
      /says @defaultValue `5`; it is `6`/,
    );
  });

  it('cannot be told when the comment says nothing', () => {
    expect(() => optionTable({ other: required(aFunction) }, texts({}))).toThrow(
      /other has no comment/,
    );
    expect(() => optionTexts(rows, texts({ meaning: '' }))).toThrow(/has no comment/);
  });
});

it('what the code does not declare cannot be told', async () => {
  await expect(membersOf('src/term/term.ts', 'None')).rejects.toThrow(/declares no None/);
  await expect(alternativesOf('src/term/term.ts', 'None')).rejects.toThrow(/declares no type/);
});

describe('the tables that are made of the code', () => {
  it('stand in the pages as they would be made now', async () => {
    const pages = await pagesWithTables();
    expect([...pages.keys()]).toEqual([
      'docs/api.md',
      'docs/locks.md',
      'docs/health.md',
      'docs/runtimes.md',
      'docs/metrics.md',
      'docs/cli.md',
    ]);
    expect(await staleFiles(pages), `run \`${COMMAND}\``).toEqual([]);
  });
});
