import { AsyncLocalStorage } from 'node:async_hooks';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { KubeConfig } from '@kubernetes/client-node';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { LeaderElection, LeaseLock } from '../../src/index.js';
import { startEmbeddedApiServer } from '../../src/testing.js';

const exporter = new InMemorySpanExporter();
const instrumentation = new HttpInstrumentation({ disableIncomingRequestInstrumentation: true });
const tracer = trace.getTracer('test');
const requestContext = new AsyncLocalStorage<string>();

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  trace.setGlobalTracerProvider(provider);
  instrumentation.setTracerProvider(provider);
  instrumentation.enable();
  // It wraps what is required; what was imported before is to see that, too.
  const require = createRequire(import.meta.url);
  require('http');
  require('https');
  syncBuiltinESMExports();
});

afterAll(() => {
  instrumentation.disable();
  syncBuiltinESMExports();
  trace.disable();
  context.disable();
});

beforeEach(() => {
  exporter.reset();
});

const requests = () =>
  exporter
    .getFinishedSpans()
    .filter(({ instrumentationScope }) =>
      instrumentationScope.name.includes('instrumentation-http'),
    );

it('no request of an election is a part of the span in which it was started or stopped', async () => {
  await using server = await startEmbeddedApiServer();
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromOptions(server.kubeConfigObject());
  const seen: (readonly [string, string | undefined, string | undefined])[] = [];
  const note = (callback: string): void => {
    const span = trace.getActiveSpan()?.spanContext().spanId;
    seen.push([callback, span, requestContext.getStore()]);
  };
  const election = new LeaderElection({
    lock: new LeaseLock({ name: 'traced', namespace: 'default', identity: 'me', kubeConfig }),
    leaseDurationSeconds: 6,
    renewDeadlineSeconds: 4,
    retryPeriodSeconds: 1,
    logger: false,
    onStartedLeading: () => {
      note('onStartedLeading');
    },
    onNewLeader: () => {
      note('onNewLeader');
    },
    onStoppedLeading: () => {
      note('onStoppedLeading');
    },
  });
  const renewedTwice = new Promise<void>((resolve) => {
    let renewals = 0;
    election.on('renewed', () => {
      renewals += 1;
      if (renewals === 2) resolve();
    });
  });
  const startUp = tracer.startSpan('start-up');
  const shutDown = tracer.startSpan('shut-down');
  const within = <T>(span: typeof startUp, of: string, call: () => T): T =>
    requestContext.run(of, () => context.with(trace.setSpan(context.active(), span), call));

  const outcome = within(startUp, 'start', () => election.run());
  await renewedTwice;
  await within(shutDown, 'stop', () => election.stop());
  await outcome;
  await server.close();
  await expect.poll(() => requests().length).toBeGreaterThan(4);

  const methods = requests().map((span) => span.attributes['http.method'] ?? span.name);
  expect(methods).toEqual(expect.arrayContaining(['GET', 'POST', 'PUT']));
  expect(requests().map(({ parentSpanContext }) => parentSpanContext)).toEqual(
    requests().map(() => undefined),
  );
  // The callbacks are called as part of what they were started by.
  const started = startUp.spanContext().spanId;
  expect(seen).toEqual([
    ['onNewLeader', started, 'start'],
    ['onStartedLeading', started, 'start'],
    ['onStoppedLeading', shutDown.spanContext().spanId, 'stop'],
  ]);
}, 60_000);

it('a request of the program itself is a part of its span: the test would notice', async () => {
  await using server = await startEmbeddedApiServer();
  const { get } = await import('node:http');
  const span = tracer.startSpan('request');
  await context.with(
    trace.setSpan(context.active(), span),
    () =>
      new Promise<void>((resolve) => {
        get(`${server.url}/version`, (response) => {
          response.resume().on('end', () => {
            resolve();
          });
        });
      }),
  );
  const parents = () => requests().map(({ parentSpanContext }) => parentSpanContext?.spanId);
  await expect.poll(parents).toContain(span.spanContext().spanId);
});
