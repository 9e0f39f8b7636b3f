import http from 'node:http';
import https, { type RequestOptions } from 'node:https';
import { CoreV1Api, Exec, type KubeConfig, KubernetesObjectApi } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { gate } from '../../../src/gate.js';
import { NotLeaderError } from '../../../src/index.js';
import { Leader } from './support/leader.js';
import { SlowServer } from './support/slow-server.js';

const OBJECT = { namespace: 'default', name: 'progress' };
const BODY = { metadata: { name: 'progress' }, data: { steps: '1' } };
const PUT = 'PUT /api/v1/namespaces/default/configmaps/progress';
const GET = 'GET /api/v1/namespaces/default/configmaps/progress';

let server: SlowServer;
let leader: Leader;

beforeEach(async () => {
  server = await SlowServer.start();
  leader = new Leader();
});

afterEach(async () => {
  await leader.end();
  await server[Symbol.asyncDispose]();
});

function gated(options = {}): KubeConfig {
  return gate(leader.election, server.kubeConfig(), options);
}

function api(options = {}): CoreV1Api {
  return gated(options).makeApiClient(CoreV1Api);
}

const write = (by = api()) => by.replaceNamespacedConfigMap({ ...OBJECT, body: BODY });
const read = (by = api()) => by.readNamespacedConfigMap(OBJECT);

describe('the gate of an election', () => {
  it('refuses writes before there is a term, and sends nothing', async () => {
    await expect(write()).rejects.toThrow(NotLeaderError);
    await expect(write()).rejects.toThrow('me does not lead: PUT was not sent');
    expect(server.arrived).toEqual([]);
  });

  it('lets reads pass whether it is open or closed', async () => {
    await read();
    await leader.lead();
    await read();
    leader.standStill();
    await read();
    expect(server.arrived).toEqual([GET, GET, GET]);
  });

  it('asks the clock, not a timer: 1 ms before the deadline, and at it', async () => {
    await leader.lead();
    const by = api();
    leader.clock.freeze(9_999);
    await write(by);
    leader.clock.freeze(1);
    await expect(write(by)).rejects.toThrow(NotLeaderError);
    expect(server.arrived).toEqual([PUT]);
  });

  it('gives up the writes under way when the term ends', async () => {
    await leader.lead();
    server.holds = true;
    const writing = [write(), write()].map((one) => one.catch((error: unknown) => error));
    await vi.waitFor(() => expect(server.held).toHaveLength(2));
    await leader.lose();
    for (const error of await Promise.all(writing))
      expect(error).toHaveProperty('name', 'AbortError');
    await vi.waitFor(() => expect(server.cutOff).toEqual([PUT, PUT]));
  });

  it('leaves alone what was answered before, and reads that are under way', async () => {
    await leader.lead();
    await expect(write()).resolves.toBeDefined();
    server.holds = true;
    const reading = read();
    await vi.waitFor(() => expect(server.held).toHaveLength(1));
    await leader.lose();
    server.held[0]!.answer();
    await expect(reading).resolves.toHaveProperty('metadata.name', 'progress');
    expect(server.cutOff).toEqual([]);
  });

  it('opens again with the next term, for what is made in that one', async () => {
    const by = api();
    await leader.lead();
    await leader.lose();
    await expect(write(by)).rejects.toThrow(NotLeaderError);
    await leader.leadAgain();
    await expect(write(by)).resolves.toBeDefined();
  });

  it('stays open while the term drains, until the lock is given back', async () => {
    await leader.lead();
    const by = api();
    void leader.election.stop();
    await leader.clock.advance(0);
    expect(leader.term.isLeading()).toBe(false);
    await expect(write(by)).resolves.toBeDefined();
    leader.works[0]!.resolve();
    await leader.clock.advance(0);
    expect(leader.election.isLeader()).toBe(false);
    await expect(write(by)).rejects.toThrow(NotLeaderError);
  });

  it('asks again when the connection is ready, for a process that stood still in between', async () => {
    await leader.lead();
    server.holdsHandshakes = true;
    const by = api();
    const writing = Array.from({ length: 20 }, () => write(by).catch((error: unknown) => error));
    await vi.waitFor(() => expect(server.heldHandshakes).toBe(20));
    // No timer has fired: what the handshakes let go comes first, as after SIGSTOP.
    leader.standStill();
    server.letHandshakesGo();
    for (const error of await Promise.all(writing))
      expect(error).toHaveProperty('name', 'AbortError');
    expect(leader.term.signal.aborted).toBe(true);
    expect(server.arrived).toEqual([]);
  });

  it('sends nothing of a term in the next one', async () => {
    await leader.lead();
    server.holdsHandshakes = true;
    const late = write().catch((error: unknown) => error);
    await vi.waitFor(() => expect(server.heldHandshakes).toBe(1));
    await leader.lose();
    await leader.leadAgain();
    server.letHandshakesGo();
    expect(await late).toHaveProperty('name', 'AbortError');
    await expect(write()).resolves.toBeDefined();
    expect(server.arrived).toEqual([PUT]);
  });

  it('keeps a margin before the deadline', async () => {
    await leader.lead();
    const by = api({ marginSeconds: 2 });
    leader.clock.freeze(8_000);
    await write(by);
    leader.clock.freeze(1);
    await expect(write(by)).rejects.toThrow(
      'nothing was sent: the leadership is certain for 1.999 s more, which is less than the margin of 2 s',
    );
    await expect(write()).resolves.toBeDefined();
  });

  it('is kept by API classes of any object, and by requests that programs send themselves', async () => {
    const kubeConfig = gated();
    const objects = KubernetesObjectApi.makeApiClient(kubeConfig);
    const object = { apiVersion: 'v1', kind: 'ConfigMap', ...BODY };
    await expect(objects.create(object)).rejects.toThrow(NotLeaderError);
    const options: RequestOptions = { method: 'DELETE', path: '/x' };
    await kubeConfig.applyToHTTPSOptions(options);
    const sent = send(server.url, options);
    await expect(sent).rejects.toThrow(NotLeaderError);
    await leader.lead();
    await expect(send(server.url, options)).resolves.toBe(200);
    await expect(send(server.url, { ...options, method: 'GET' })).resolves.toBe(200);
    expect(server.arrived.filter((one) => one.endsWith('/x'))).toEqual(['DELETE /x', 'GET /x']);
  });

  it('gives up a request of a program that is under way', async () => {
    await leader.lead();
    const options: RequestOptions = { method: 'DELETE', path: '/x' };
    await gated().applyToHTTPSOptions(options);
    server.holds = true;
    const sent = send(server.url, options).catch((error: unknown) => error);
    await vi.waitFor(() => expect(server.held).toHaveLength(1));
    await leader.lose();
    expect(await sent).toBeInstanceOf(NotLeaderError);
  });

  it('is another kubeconfig: the given one sends as before', async () => {
    const kubeConfig = server.kubeConfig();
    const closed = gate(leader.election, kubeConfig);
    expect(closed).toBeInstanceOf(kubeConfig.constructor);
    expect(closed.getCurrentCluster()).toBe(kubeConfig.getCurrentCluster());
    await write(kubeConfig.makeApiClient(CoreV1Api));
    expect(new Exec(closed)).toBeInstanceOf(Exec);
    expect(server.arrived).toEqual([PUT]);
  });

  it('leaves no listener behind for requests that are over', async () => {
    await leader.lead();
    const by = api();
    const warn = vi.spyOn(process, 'emitWarning');
    for (let count = 0; count < 30; count += 1) await write(by);
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });

  it('refuses arguments that are wrong, all at once and before anything is sent', () => {
    const { election } = leader;
    // @ts-expect-error -- as in JavaScript
    expect(() => gate({}, { getCurrentUser: 1 }, { margin: 2 })).toThrow(
      /election must be a LeaderElection[^]*kubeConfig must be a KubeConfig[^]*margin[^]*did you mean marginSeconds/,
    );
    const withMargin = (marginSeconds: number) => () =>
      gate(election, server.kubeConfig(), { marginSeconds });
    expect(withMargin(10)).toThrow('marginSeconds must be less than renewDeadlineSeconds (10)');
    expect(withMargin(-1)).toThrow('marginSeconds');
    expect(withMargin(9.9)).not.toThrow();
  });
});

function send(url: string, options: RequestOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(url);
    const request = https.request({ host: '127.0.0.1', port, ...options }, (response) => {
      response.resume();
      response.once('end', () => {
        resolve(response.statusCode ?? 0);
      });
    });
    expect(options.agent).toBeInstanceOf(http.Agent);
    request.once('error', reject);
    request.end();
  });
}
