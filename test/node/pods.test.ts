import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isCi } from '../support/ci.js';
import { MissingToolError } from '../support/missing-tool-error.js';
import { report } from '../support/progress.js';
import { startRealApiServer, type RunningApiServer } from '../support/real-api-server.js';
import { API_SERVER_TIMEOUT_MILLIS } from '../support/shared-api-server.js';
import { ensureNodePrograms, whyNoNode } from './build.js';
import { POD_CANDIDATES } from './candidates.js';
import { PodFleet } from './pod-fleet.js';
import { play, scenariosFor } from './scenarios.js';
import { TestNode } from './test-node.js';

/** What is missing can be installed, except for what this machine does not allow at all. */
async function missing(): Promise<string | null> {
  const forbidden = await whyNoNode();
  if (forbidden !== null) return `this machine can run no node: ${forbidden}`;
  if (isCi()) return null;
  return ensureNodePrograms().then(
    () => null,
    (error: unknown) => {
      if (error instanceof MissingToolError) return error.message;
      throw error;
    },
  );
}

const NAME = 'in real pods, whose kubelet tells of their ends';
const candidate = await POD_CANDIDATES.application();
const why = await missing();
if (why !== null) report(`SKIPPED "${NAME}": ${why}`);

describe.skipIf(why !== null)(NAME, { timeout: 120_000 }, () => {
  let server: RunningApiServer;
  let node: TestNode;

  beforeAll(async () => {
    server = await startRealApiServer();
    node = await TestNode.start(server);
  }, API_SERVER_TIMEOUT_MILLIS);
  afterAll(async () => {
    await node?.[Symbol.asyncDispose]();
    await server?.stop();
  });

  const few = scenariosFor(candidate).filter(({ rounds }) => rounds.few > 0);
  it.each(few)('$name: one leader, and the next one in time', async (scenario) => {
    const namespace = scenario.name.replace(/\W+/g, '-').toLowerCase();
    const settings = { lock: 'work', podEvidence: true, namespace };
    const fleet = await PodFleet.make(node, server, candidate, settings);
    try {
      const { takeoverMs, faults } = await play(scenario, fleet, node, scenario.rounds.few);
      expect(faults).toEqual([]);
      expect(takeoverMs).toHaveLength(scenario.rounds.few);
    } finally {
      await fleet.close();
    }
  });
});
