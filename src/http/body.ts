import type { IncomingMessage } from 'node:http';

export interface Body {
  /** As UTF-8. What came after too much of it was not kept. */
  readonly text: string;
  readonly isTooLong: boolean;
}

/** Null when the sender went away before the request was complete. */
export async function readBody(request: IncomingMessage, mostBytes: number): Promise<Body | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      if (size <= mostBytes) chunks.push(chunk);
      size += chunk.length;
    }
  } catch {
    return null;
  }
  return { text: Buffer.concat(chunks).toString('utf8'), isTooLong: size > mostBytes };
}
