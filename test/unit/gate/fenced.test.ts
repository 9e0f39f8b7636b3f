import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KubeConfig } from '@kubernetes/client-node';
import { fenced, FENCING_ANNOTATION } from '../../../src/gate.js';
import { ConfigError, LockError, NotLeaderError } from '../../../src/index.js';
import { TermHandle } from '../../../src/term/term.js';
import {
  type EmbeddedApiServer,
  startEmbeddedApiServer,
  VirtualClock,
} from '../../../src/testing.js';

interface Progress {
  readonly metadata?: {
    readonly resourceVersion?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly data?: Readonly<Record<string, string>>;
}

const OBJECT = { namespace: 'default', name: 'progress' };

describe('a fenced object', () => {
  let server: EmbeddedApiServer;
  let kubeConfig: KubeConfig;
  const clock = new VirtualClock();

  beforeEach(async () => {
    server = await startEmbeddedApiServer();
    kubeConfig = new KubeConfig();
    kubeConfig.loadFromOptions(server.kubeConfigObject());
    put({ labels: { team: 'x' } });
  });

  afterEach(async () => {
    await server.close();
  });

  function put(metadata: object, data: Readonly<Record<string, string>> = {}): void {
    server.store.put({ kind: 'ConfigMap', metadata: { name: 'progress', ...metadata }, data });
  }

  function termOf(version: string): TermHandle {
    const validFrom = clock.now();
    return new TermHandle({ identity: 'me', version, validFrom, renewDeadlineMs: 10_000, clock });
  }

  const of = (version: string, term = termOf(version)) =>
    fenced<Progress>(kubeConfig, { apiVersion: 'v1', resource: 'configmaps', ...OBJECT }, term);
  const write = (version: string, by: string) =>
    of(version).update((object) => ({ ...object, data: { by } }));

  const stored = () => {
    const found = server.store.get({ resource: 'configmaps', ...OBJECT });
    return {
      data: found?.['data'],
      token: found?.metadata.annotations?.[FENCING_ANNOTATION],
      labels: found?.metadata.labels,
    };
  };

  it('takes the writes of the latest leader, and of no earlier one', async () => {
    const answer = await write('9', 'first');
    expect(answer.data).toEqual({ by: 'first' });
    await write('9', 'first, again');
    expect(stored()).toMatchObject({ data: { by: 'first, again' }, token: '9' });
    // As text, 10 would be below 9.
    await write('10', 'second');
    const late = write('9', 'first, late');
    await expect(late).rejects.toThrow(NotLeaderError);
    await expect(late).rejects.toThrow(
      'configmaps default/progress: a later leader, of token 10, has written',
    );
    expect(stored()).toEqual({ data: { by: 'second' }, token: '10', labels: { team: 'x' } });
  });

  it('is raised at the beginning of a term, and keeps what is there', async () => {
    await write('9', 'first');
    await of('10').raise();
    expect(stored()).toEqual({ data: { by: 'first' }, token: '10', labels: { team: 'x' } });
    await expect(write('9', 'first, late')).rejects.toThrow(NotLeaderError);
  });

  it('refuses a write whose check was passed before a later leader had come', async () => {
    const late = of('9').update(async (object) => {
      // Between the read and the write of the earlier leader, which may be held up for as long.
      await of('10').raise();
      return { ...object, data: { by: 'first, late' } };
    });
    await expect(late).rejects.toThrow('a later leader');
    expect(stored()).toMatchObject({ data: {}, token: '10' });
    const puts = server.requests.filter(({ method }) => method === 'PUT');
    expect(puts.map(({ status }) => status)).toEqual([200, 409]);
  });

  it('repeats a write that met another one, on what that one has left', async () => {
    let calls = 0;
    await of('9').update((object) => {
      calls += 1;
      if (calls === 1) put({}, { other: 'kept' });
      return { ...object, data: { ...object.data, by: 'first' } };
    });
    expect(calls).toBe(2);
    expect(stored()).toMatchObject({ data: { by: 'first', other: 'kept' }, token: '9' });
  });

  it('gives up after five conflicts', async () => {
    let calls = 0;
    const busy = of('9').update((object) => {
      calls += 1;
      put({}, { calls: String(calls) });
      return object;
    });
    await expect(busy).rejects.toMatchObject({ kind: 'conflict' });
    expect(calls).toBe(5);
  });

  it('is not created when it is gone: a new one would have forgotten the tokens', async () => {
    server.store.delete({ resource: 'configmaps', ...OBJECT });
    await expect(write('9', 'first')).rejects.toMatchObject({ kind: 'notFound' });
    expect(server.store.list('configmaps')).toEqual([]);
  });

  it('asks whether the term is over before each request, and sends none then', async () => {
    const term = termOf('9');
    const late = of('9', term).update((object) => {
      clock.freeze(10_000);
      return object;
    });
    await expect(late).rejects.toThrow(NotLeaderError);
    expect(server.requests.map(({ method }) => method)).toEqual(['GET']);
    await expect(of('9', term).raise()).rejects.toThrow(NotLeaderError);
    expect(server.requests).toHaveLength(1);
  });

  it('does not write over an annotation that is no token', async () => {
    put({ annotations: { [FENCING_ANNOTATION]: 'x' } });
    const refused = write('9', 'first');
    await expect(refused).rejects.toThrow(LockError);
    await expect(refused).rejects.toThrow('must be a number');
    expect(stored()).toMatchObject({ token: 'x' });
  });

  it('passes on what the change throws', async () => {
    const failing = of('9').update(() => Promise.reject(new Error('no such step')));
    await expect(failing).rejects.toThrow('no such step');
  });

  it.each<[what: string, change: unknown, problem: string, sent: string[]]>([
    ['is no function', {}, 'change must be a function; received an object', []],
    [
      'returns nothing',
      () => undefined,
      'change must return the object .*; received undefined',
      ['GET'],
    ],
    ['resolves with another thing', () => Promise.resolve([]), '; received an array of 0', ['GET']],
  ])('writes nothing where the change %s', async (_, change, problem, sent) => {
    const refused = of('9').update(change as (object: Progress) => Progress);
    await expect(refused).rejects.toThrow(ConfigError);
    await expect(refused).rejects.toThrow(
      new RegExp(`^fenced\\(\\)\\.update\\(\\): .*\n.*${problem}`),
    );
    expect(server.requests.map(({ method }) => method)).toEqual(sent);
  });

  it('refuses arguments that are wrong, all at once and before anything is sent', () => {
    expect(() =>
      // @ts-expect-error -- as in JavaScript
      fenced({}, { apiVersion: 'v1/', resource: 'ConfigMap', name: '', nmaespace: 'x' }, 9n),
    ).toThrow(
      /kubeConfig must be[^]*did you mean namespace[^]*object\.apiVersion[^]*object\.resource[^]*object\.namespace[^]*object\.name[^]*term must be/,
    );
    // The token of a term that a test has made up would be written as it is.
    const madeUp = { assertLeading: () => undefined } as unknown as TermHandle;
    expect(() => of('9', madeUp)).toThrow('term.fencingToken must be the token of a term');
    expect(server.requests).toEqual([]);
  });
});
