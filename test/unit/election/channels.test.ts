import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect, it, onTestFinished } from 'vitest';
import type { ElectionMessage } from '../../../src/index.js';
import { Candidate } from './support/candidate.js';

const STARTED = 'k8s-leader-election:startedLeading';

it('publishes an event on the channel of its type, as listeners get it, with whose it is', async () => {
  const published: unknown[] = [];
  const listener = (message: unknown): void => void published.push(message);
  subscribe(STARTED, listener);
  onTestFinished(() => void unsubscribe(STARTED, listener));
  const c = new Candidate();
  const heard: unknown[] = [];
  c.election.on('startedLeading', (event) => heard.push(event));
  await c.leads();
  const message: ElectionMessage<'startedLeading'> = {
    lock: 'Lease test/controllable',
    identity: 'me',
    event: { type: 'startedLeading', term: c.term },
  };
  expect(published).toEqual([message]);
  expect((published[0] as typeof message).event).toBe(heard[0]);
});

it('publishes nothing where nobody has subscribed', async () => {
  const silent = channel(STARTED);
  expect(silent.hasSubscribers).toBe(false);
  const published: unknown[] = [];
  const listener = (message: unknown): void => void published.push(message);
  const c = new Candidate();
  await c.leads();
  subscribe(STARTED, listener);
  onTestFinished(() => void unsubscribe(STARTED, listener));
  expect(published).toEqual([]);
});

it('names nothing in a message that the log would not: neither the configuration nor the lock', async () => {
  const published: object[] = [];
  const listener = (message: unknown): void => void published.push(message as object);
  const types = ['stateChanged', 'startedLeading', 'renewed', 'newLeader', 'ended'];
  for (const type of types) {
    subscribe(`k8s-leader-election:${type}`, listener);
    onTestFinished(() => void unsubscribe(`k8s-leader-election:${type}`, listener));
  }
  const c = new Candidate();
  await c.renews();
  await c.lock.commit();
  expect(published.length).toBeGreaterThan(3);
  for (const message of published) {
    expect(Object.keys(message)).toEqual(['lock', 'identity', 'event']);
    expect(JSON.stringify(message)).not.toMatch(/kubeConfig|config/);
  }
});
