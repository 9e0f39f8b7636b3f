import type { IncomingMessage } from 'node:http';
import { StringDecoder } from 'node:string_decoder';
import { parseJson } from '../parse-json.js';
import { isVersion } from '../resource-version.js';

/** One line of a watch. A `BOOKMARK` carries nothing but a version, an `ERROR` a Status. */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: Readonly<Record<string, unknown>>;
}

/** What arrives is no watch. The message quotes nothing of it. */
export class BrokenWatch extends Error {}

/** Many times what an object can weigh in etcd: a line that never ends must not fill the memory. */
const MAX_LINE = 4 * 1024 * 1024;

const TYPES: ReadonlySet<unknown> = new Set(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']);

/**
 * Hands on the events of a watch as they arrive, until its body ends.
 *
 * @throws {BrokenWatch | Error} when the connection breaks, or what arrives is no watch
 */
export async function readEvents(
  body: IncomingMessage,
  deliver: (event: WatchEvent) => void,
): Promise<void> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of body as AsyncIterable<Buffer>) {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') deliver(parseEvent(line));
    if (rest.length > MAX_LINE) throw new BrokenWatch('a line without end');
  }
}

function parseEvent(line: string): WatchEvent {
  const event = parseJson(line);
  if (event === undefined) throw new BrokenWatch('a line that is not JSON');
  const { type, object } = (event ?? {}) as Partial<WatchEvent>;
  if (!TYPES.has(type) || typeof object !== 'object' || object === null)
    throw new BrokenWatch('a line that is no event');
  return event as WatchEvent;
}

/** The `resourceVersion` of an object, or of the event that brings it; null: none that can be one. */
export function versionOf(object: Readonly<Record<string, unknown>>): string | null {
  const { resourceVersion } = (object['metadata'] ?? {}) as { resourceVersion?: unknown };
  return isVersion(resourceVersion) ? resourceVersion : null;
}

export function nameOf(object: Readonly<Record<string, unknown>>): string | null {
  const { name } = (object['metadata'] ?? {}) as { name?: unknown };
  return typeof name === 'string' ? name : null;
}
