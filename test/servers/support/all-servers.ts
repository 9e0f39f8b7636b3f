import { connectStately } from '../../../src/inspect.js';
import { startInspector } from '../../../src/inspect.js';
import { HttpEndpoint } from '../../../src/cli/run/http-endpoint.js';
import { Monitor } from '../../../src/cli/run/monitor.js';
import { startEmbeddedApiServer } from '../../../src/testing.js';

/*
 * Every HTTP server of this package in one process, which no error may end: what nobody catches
 * ends it. It tells their addresses, and goes away with whoever started it.
 */
const endpoint = await HttpEndpoint.listen({
  address: { host: '127.0.0.1', port: 0 },
  monitor: new Monitor(),
  readyWithinMs: 1000,
});
const inspector = await startInspector();
const stately = await connectStately(null);
const apiServer = await startEmbeddedApiServer();

process.send?.({
  'the live chart': inspector.url,
  'the Stately page': stately.url,
  'run --http': `${endpoint.url}/healthz`,
  'the embedded API server': `${apiServer.url}/version`,
});
process.once('disconnect', () => process.exit());
