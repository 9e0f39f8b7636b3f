import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addCommands } from '../../src/cli/commands/index.js';
import { EXIT } from '../../src/cli/exit-codes.js';
import { STEP_DOWN_ANNOTATION } from '../../src/lock/step-down.js';

const page = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');

const root = new Command('k8s-leader-election').enablePositionalOptions();
addCommands(root, { script: '' }, () => undefined);

describe('docs/cli.md', () => {
  it('lists the exit codes that there are', () => {
    const table = page.slice(
      page.indexOf('<!-- table: exit codes -->'),
      page.indexOf('Apart from'),
    );
    const codes = [...table.matchAll(/^\| `(\d+)`/gm)].map(([, code]) => Number(code));
    expect(codes).toEqual(Object.values(EXIT));
  });

  it('names every flag of every command, and no others', () => {
    const flags = root.commands.flatMap(({ options }) => options.map(({ long }) => long));
    const named = [...page.matchAll(/(?<![-\w/])--[a-z][a-z-]+/g)].map(([flag]) => flag);
    // Of the command in an example, and of the parser itself.
    const others = ['--all', '--help'];
    expect(new Set(named.filter((flag) => !others.includes(flag)))).toEqual(new Set(flags));
  });

  it('names every flag of the demo where it tells of the demo', () => {
    const part = page.slice(page.indexOf('\n## demo'));
    const demo = root.commands.find((command) => command.name() === 'demo')!;
    const general = ['--lock', '--namespace'];
    const own = demo.options.map(({ long }) => long!).filter((flag) => !general.includes(flag));
    for (const flag of own) expect(part).toContain(flag);
  });

  it('has a part for every command', () => {
    for (const command of root.commands) expect(page).toContain(`\`${command.name()}`);
  });

  it('names the annotation and the variables', () => {
    expect(page).toContain(`\`${STEP_DOWN_ANNOTATION}\``);
    const run = root.commands.find((command) => command.name() === 'run');
    expect(run?.options.find(({ long }) => long === '--lease-duration')?.envVar).toBe(
      'K8S_LEADER_ELECTION_LEASE_DURATION',
    );
    expect(page).toContain('K8S_LEADER_ELECTION_LEASE_DURATION=30');
  });
});
