import { expect, it, onTestFinished } from 'vitest';
import { HttpEndpoint } from '../../../src/cli/run/http-endpoint.js';
import { Monitor } from '../../../src/cli/run/monitor.js';
import { Candidate } from '../election/support/candidate.js';

it('/healthz of run --http answers as the health of its election', async () => {
  const monitor = new Monitor();
  const address = { host: '127.0.0.1', port: 0 };
  const endpoint = await HttpEndpoint.listen({ address, monitor, readyWithinMs: 1_000 });
  onTestFinished(() => endpoint.close());
  const ask = async (): Promise<[status: number, text: string]> => {
    const answer = await fetch(`${endpoint.url}/healthz`);
    return [answer.status, await answer.text()];
  };
  expect(await ask()).toEqual([200, 'ok\n']);

  const candidate = new Candidate();
  monitor.attach(candidate.election, 'lock');
  await candidate.leads();
  expect(await ask()).toEqual([200, 'ok\n']);
  candidate.clock.freeze(36_000);

  expect(await ask()).toEqual([
    503,
    'The lease ran out 21 s ago, and the work of its term has not ended.\n',
  ]);
});
