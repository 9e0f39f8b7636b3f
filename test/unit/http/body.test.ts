import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readBody } from '../../../src/http/body.js';

const request = (...parts: string[]): IncomingMessage =>
  Readable.from(parts.map((part) => Buffer.from(part))) as unknown as IncomingMessage;

describe('the body of a request', () => {
  it('is put together, characters that were torn apart included', async () => {
    const [first, second] = [Buffer.from('ä').subarray(0, 1), Buffer.from('ä').subarray(1)];
    const torn = Readable.from([first, second]) as unknown as IncomingMessage;
    expect(await readBody(torn, 10)).toEqual({ text: 'ä', isTooLong: false });
    expect(await readBody(request(), 10)).toEqual({ text: '', isTooLong: false });
  });

  it('may be as long as was said; of a longer one the rest is read, and not kept', async () => {
    expect(await readBody(request('12345', '67890'), 10)).toMatchObject({ isTooLong: false });
    const long = request('12345', '678901', 'x'.repeat(1000), 'y'.repeat(1000));
    expect(await readBody(long, 10)).toEqual({ text: '12345678901', isTooLong: true });
    expect(long.readableEnded).toBe(true);
  });

  it('is none where the sender goes away in the middle', async () => {
    const cut = new Readable({ read: () => undefined });
    cut.push(Buffer.from('half'));
    const reading = readBody(cut as unknown as IncomingMessage, 10);
    cut.destroy(new Error('aborted'));
    expect(await reading).toBeNull();
  });
});
