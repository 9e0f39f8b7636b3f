import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LeaderElection, LeaseLock } from '../../../src/index.js';

vi.mock('@kubernetes/client-node', () => {
  throw new SyntaxError('this is no module');
});

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'without-client-node-'));
  const file = join(directory, 'config');
  writeFileSync(file, 'kind: Config\n');
  vi.stubEnv('KUBECONFIG', file);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true });
});

describe('where a kubeconfig file is to be read and client-node cannot be loaded', () => {
  it('run() rejects at once, and names the version that was found', async () => {
    const told = vi.fn();
    const logger = { debug: vi.fn(), info: vi.fn(), warn: told, error: told };
    const lock = new LeaseLock({ name: 'report', namespace: 'default' });
    const election = new LeaderElection({ lock, logger, onStartedLeading: null });

    const running = election.run();

    await expect(running).rejects.toMatchObject({
      kind: 'dependency',
      code: 'ERR_LOCK_DEPENDENCY',
      message: expect.stringMatching(
        /^@kubernetes\/client-node \d.* could not be loaded on Node v/,
      ),
    });
    // By the rejection alone, and no field stands there empty.
    expect(told).not.toHaveBeenCalled();
    const error: unknown = await running.catch((reason: unknown) => reason);
    expect(inspect(error)).not.toContain('undefined');
    expect(election.isLeader()).toBe(false);
  });

  it('stop() resolves all the same: who stops has nothing to do with it', async () => {
    const lock = new LeaseLock({ name: 'report', namespace: 'default' });
    const election = new LeaderElection({ lock, logger: false, onStartedLeading: null });
    await expect(election.run()).rejects.toMatchObject({ kind: 'dependency' });

    expect(await election.stop()).toMatchObject({ led: false, released: false });
    await expect(election.run()).rejects.toMatchObject({ kind: 'dependency' });
  });
});
