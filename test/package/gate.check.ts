import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { stopWriter } from '../support/stopped-writer.js';
import { startPodApiServer } from './support/pod-api-server.js';

const { oldest, newest } = inject('installed');
const nodes = inject('nodes');

const COUNT = 1_000;

/** Version 1 of client-node sends by Node's HTTP client, version 2 by undici, and needs Node 22.19. */
const INSTALLED = [
  { version: 1, major: 20, directory: oldest },
  { version: 1, major: 24, directory: oldest },
  { version: 2, major: 22, directory: newest },
  { version: 2, major: 26, directory: newest },
] as const;

it.each(
  INSTALLED.flatMap((installed) => [
    { ...installed, how: 'gate' },
    { ...installed, how: 'fetch' },
  ]),
)(
  'a leader that was stopped sends none of a thousand writes: $how, client-node $version, Node $major',
  async ({ major, directory, how }) => {
    await using api = await startPodApiServer();
    const file = join(directory, 'kubeconfig');
    writeFileSync(file, api.kubeConfig());
    const { before, after, fates } = await stopWriter({
      command: [nodes[major], 'stopped-writer.mjs', String(COUNT), how, 'production'],
      cwd: directory,
      env: {
        PATH: process.env['PATH'],
        KUBECONFIG: file,
        // Node's own fetch knows no authority but those that it has been given at its start.
        ...(how === 'fetch' ? { NODE_TLS_REJECT_UNAUTHORIZED: '0' } : {}),
      },
      stored: () => Promise.resolve(api.server.store.list('configmaps').length),
    });
    expect(after).toBe(before);
    expect(before).toBeLessThan(COUNT);
    const { stored = 0, NotLeaderError = 0, AbortError = 0, ...others } = fates;
    expect(others).toEqual({});
    expect(stored).toBeLessThanOrEqual(before);
    expect(stored + NotLeaderError + AbortError).toBe(COUNT);
  },
);
