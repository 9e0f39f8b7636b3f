import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import {
  BrokenWatch,
  nameOf,
  readEvents,
  versionOf,
  type WatchEvent,
} from '../../../../src/kubernetes/watch/watch-events.js';

async function read(...chunks: (string | Buffer)[]): Promise<WatchEvent[]> {
  const events: WatchEvent[] = [];
  const body = Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
  await readEvents(body as IncomingMessage, (event) => events.push(event));
  return events;
}

const line = (type: string, name: string): string =>
  `${JSON.stringify({ type, object: { metadata: { name } } })}\n`;

describe('the lines of a watch', () => {
  it('are events, in their order; the last one counts only when it is complete', async () => {
    const all = line('ADDED', 'a') + line('MODIFIED', 'b') + line('DELETED', 'a');
    const events = await read(all, line('ADDED', 'c').slice(0, -1));
    const told = events.map(({ type, object }) => `${type} ${nameOf(object)}`);
    expect(told).toEqual(['ADDED a', 'MODIFIED b', 'DELETED a']);
  });

  it('may arrive in pieces of any size, cut through letters', async () => {
    const bytes = Buffer.from(line('ADDED', 'Prüfung 検査 🗳') + line('BOOKMARK', 'é'));
    for (const size of [1, 2, 3, 7, 50]) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
        bytes.subarray(n * size, (n + 1) * size),
      );
      const events = await read(...pieces);
      expect(events.map(({ object }) => nameOf(object))).toEqual(['Prüfung 検査 🗳', 'é']);
    }
  });

  it('may be empty, or end with a carriage return', async () => {
    const events = await read('\n', `  \r\n${line('ADDED', 'a').trimEnd()}\r\n`);
    expect(events).toHaveLength(1);
  });

  it.each([
    ['no JSON', 'not json: secret\n', 'a line that is not JSON'],
    ['an unknown type', '{"type":"SECRET","object":{}}\n', 'a line that is no event'],
    ['an event without an object', '{"type":"ADDED"}\n', 'a line that is no event'],
    ['an event of a text', '{"type":"ADDED","object":"x"}\n', 'a line that is no event'],
    ['nothing', 'null\n', 'a line that is no event'],
    ['a list', '[1]\n', 'a line that is no event'],
  ])('that are %s break the watch, and are not quoted', async (_, text, message) => {
    const failure: unknown = await read(line('ADDED', 'a'), text).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(BrokenWatch);
    expect((failure as Error).message).toBe(message);
  });

  it('that never end do not fill the memory', async () => {
    const piece = Buffer.alloc(1024 * 1024, 'x');
    let sent = 0;
    function* endless() {
      for (; sent < 64; sent += 1) yield piece;
    }
    const reading = readEvents(Readable.from(endless()) as IncomingMessage, () => undefined);
    await expect(reading).rejects.toThrow('a line without end');
    expect(sent).toBeLessThan(10);
  });

  it('that are long and end are read', async () => {
    const name = 'x'.repeat(3 * 1024 * 1024);
    expect(await read(line('ADDED', name))).toHaveLength(1);
  });

  it('that deliver an error to nobody end the reading with it', async () => {
    const body = Readable.from([Buffer.from(line('ADDED', 'a'))]) as IncomingMessage;
    const reading = readEvents(body, () => {
      throw new Error('the listener failed');
    });
    await expect(reading).rejects.toThrow('the listener failed');
    expect(body.destroyed).toBe(true);
  });
});

describe('an object of a watch', () => {
  it('may lack its version and its name', () => {
    expect(versionOf({ metadata: { resourceVersion: '7' } })).toBe('7');
    for (const metadata of [undefined, null, {}, { resourceVersion: '' }, { resourceVersion: 7 }]) {
      expect(versionOf({ metadata })).toBeNull();
    }
    expect(nameOf({ metadata: { name: 'x' } })).toBe('x');
    for (const metadata of [undefined, null, {}, { name: 7 }]) {
      expect(nameOf({ metadata })).toBeNull();
    }
  });
});
