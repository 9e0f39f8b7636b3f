import type { InspectionEvent } from 'xstate';
import { newToken } from './access.js';
import { type AttachOptions, Attachments, type Inspectable } from './attachments.js';
import { checkStately } from './inspect-options.js';
import { InspectorServer } from './inspector-server.js';
import { DEFAULT_LIMITS } from './page-streams.js';
import { type CreateInspector, type StatelyMessage, StatelyMessages } from './stately-messages.js';
import { STATELY_ORIGIN, statelyPage } from './stately-page.js';
import { openWebSocket, type SendingSocket } from './web-socket.js';

export interface StatelyOptions extends AttachOptions {
  /**
   * A viewer on this machine that speaks the protocol of `@statelyai/inspect` over a WebSocket, such
   * as `ws://localhost:8080`. Default: none; a page on 127.0.0.1 is served instead that shows
   * Stately's own viewer in a frame.
   */
  readonly url?: string | undefined;
  /** Port on 127.0.0.1 for that page. Default 0: any that is free. */
  readonly port?: number | undefined;
}

export interface StatelyConnection extends AsyncDisposable {
  /** The page to open, which holds a token; null where a viewer's `url` was given. */
  readonly url: string | null;
  /** As `Inspector.inspect`. */
  readonly inspect: (event: InspectionEvent) => void;
  /** As `Inspector.attach`. */
  attach(subject: Inspectable, options?: AttachOptions): () => void;
  /** Stops observing. The election goes on. */
  close(): Promise<void>;
}

/**
 * Shows an election in the Stately inspector: its definition, snapshots and events, by the protocol
 * of `@statelyai/inspect`, which has to be installed beside this package. What it tells is what the
 * live chart tells, and no more.
 *
 * A viewer that cannot be reached, is slow or goes away disturbs nothing: it is tried again, and told
 * the definition and the latest events then.
 *
 * @param subject null to name elections later, by `attach` or `inspect`
 * @throws {Error} if `@statelyai/inspect` is not installed, or the port is in use
 * @throws {ConfigError} if the subject is no election, or an option is wrong, such as an address that is
 * not on this machine
 */
export async function connectStately(
  subject: Inspectable | null,
  options: StatelyOptions = {},
): Promise<StatelyConnection> {
  checkStately(subject, options);
  const viewer = options.url === undefined ? null : new URL(options.url);
  const messages = new StatelyMessages(await loadCreateInspector());
  const attachments = new Attachments(messages);
  if (subject !== null) attachments.attach(subject, { name: options.name });
  let outlet: Outlet;
  try {
    outlet =
      viewer === null ? await servePage(messages, options.port ?? 0) : dial(messages, viewer);
  } catch (error) {
    attachments.close();
    throw error;
  }
  const close = async (): Promise<void> => {
    attachments.close();
    await outlet.close();
  };
  return {
    url: outlet.url,
    inspect: attachments.inspect,
    attach: (later, attachOptions) => attachments.attach(later, attachOptions),
    close,
    [Symbol.asyncDispose]: close,
  };
}

interface Outlet {
  readonly url: string | null;
  close(): Promise<void>;
}

async function loadCreateInspector(): Promise<CreateInspector> {
  try {
    return (await import('@statelyai/inspect')).createInspector;
  } catch (error) {
    throw new Error(
      'connectStately needs the package @statelyai/inspect, which cannot be loaded: ' +
        'npm install --save-dev @statelyai/inspect',
      { cause: error },
    );
  }
}

/** Unlike the server of the package: on 127.0.0.1 alone, with a token, and it opens no browser. */
async function servePage(messages: StatelyMessages, port: number): Promise<Outlet> {
  const server = new InspectorServer<StatelyMessage>({
    feed: messages,
    take: null,
    port,
    token: newToken(),
    limits: DEFAULT_LIMITS,
    files: statelyPage(),
    frame: STATELY_ORIGIN,
  });
  await server.listen();
  return { url: server.url, close: () => server.close() };
}

const RETRY_MS = 2000;
const MOST_BACKLOG = 2 * 1024 * 1024;

/** Unlike the client of the package: it stops when told to, and a slow viewer costs no memory. */
function dial(messages: StatelyMessages, viewer: URL): Outlet {
  let socket: SendingSocket | null = null;
  let retry: NodeJS.Timeout | undefined;
  let isClosed = false;
  const send = (message: StatelyMessage): void => {
    if (socket === null) return;
    if (socket.backlog > MOST_BACKLOG) socket.close();
    else socket.send(JSON.stringify(message));
  };
  const again = (): void => {
    socket = null;
    if (!isClosed) retry = setTimeout(open, RETRY_MS).unref();
  };
  const open = (): void => {
    openWebSocket(viewer, again).then((opened) => {
      socket = opened;
      if (isClosed) opened.close();
      else for (const message of messages.greeting()) send(message);
    }, again);
  };
  const stopListening = messages.listen(send);
  open();
  return {
    url: null,
    close: async () => {
      isClosed = true;
      clearTimeout(retry);
      stopListening();
      socket?.close();
      await Promise.resolve();
    },
  };
}
