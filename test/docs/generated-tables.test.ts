import { describe, expect, it } from 'vitest';
import { optionTable, optionTexts } from '../../docs/api-page.js';
import { alternativesOf, listOf, type Member, membersOf } from '../../docs/docstrings.js';
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
  it('have a line each, with the rule, the default and a link', () => {
    const line = optionTable(rows, texts({ byDefault: '`5`' }))
      .split('\n')
      .at(-1);
    expect(line).toBe('| [`pauseSeconds`](#pauseseconds) | seconds, at least 0 | `5` |');
  });

  it('have a short section each, in lines that can be read', () => {
    const meaning = Array.from({ length: 40 }, () => 'word').join(' ');
    const [heading, , ...lines] = optionTexts(rows, texts({ meaning, badly: 'Short.' })).split(
      '\n',
    );
    expect(heading).toBe('### `pauseSeconds`');
    expect(lines.at(-1)).toBe('_If it is set badly._ Short.');
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(110);
    expect(lines.join(' ')).toContain(meaning);
  });

  it('cannot be told when a comment names another default than the code', () => {
    const other = { pauseSeconds: optional(seconds({ min: 0 }), 6) };
    expect(() => optionTable(other, texts({ byDefault: '`5`' }))).toThrow(
      /says @defaultValue `5`; it is `6`/,
    );
  });

  it('take the words of the comment for a default that is no plain value', () => {
    const random = { pauseSeconds: optional(aFunction, Math.random) };
    expect(optionTable(random, texts({ byDefault: 'any' }))).toContain('| a function | any |');
  });

  it('cannot be told when the comment says nothing', () => {
    expect(() => optionTable({ other: required(aFunction) }, texts({}))).toThrow(
      /other has no comment/,
    );
    expect(() => optionTexts(rows, texts({ meaning: '' }))).toThrow(/has no comment/);
  });
});

describe('what is read from the comments in the code', () => {
  it('of an interface: its members, as they are declared', async () => {
    const members = await membersOf('src/term/term.ts', 'Term');
    expect(members.map(({ signature }) => signature)).toContain('isLeading(): boolean');
    const asserting = members.find(({ name }) => name === 'assertLeading()');
    expect(asserting?.throws).toEqual(['`NotLeaderError` when `isLeading()` is false.']);
  });

  it('of a class: what is public in it, without the defaults of parameters', async () => {
    const path = 'src/election/leader-election.ts';
    const signatures = (await membersOf(path, 'LeaderElection')).map(({ signature }) => signature);
    expect(signatures).toContain('run(options?: RunOptions): Promise<Outcome>');
    expect(signatures).toContain('identity: string');
    expect(signatures.filter((one) => one.includes('#'))).toEqual([]);
  });

  it('of a choice: what is said before each, those of its parts included', async () => {
    const events = await alternativesOf('machines/types.ts', 'ElectionNews');
    const named = (name: string) => events.find((one) => one.name === name);
    expect(named('renewFailed')?.fields).toEqual(['error', 'failures', 'remainingMs']);
    expect(named('released')?.meaning).toBe('The lock was given back.');
    expect(named('callbackFailed')?.meaning).toBe('A callback threw or rejected.');
    expect(named('stateChanged')?.fields).toEqual(['state', 'previous']);
  });

  it('of a list in a comment: each name, on one line', async () => {
    const kinds = new Map(await listOf('src/errors/lock-error.ts', 'LockErrorKind'));
    expect(kinds.get('conflict')).toMatch(/^somebody else wrote first/);
    expect(kinds.get('dependency')).toMatch(/^`@kubernetes\/client-node` .* reject with it$/);
  });

  it('or it is said what is missing', async () => {
    await expect(membersOf('src/term/term.ts', 'None')).rejects.toThrow(/declares no None/);
    await expect(alternativesOf('src/term/term.ts', 'None')).rejects.toThrow(/declares no type/);
  });
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
