import type { Passage } from './passage.js';

/*
 * Node's own `fetch`, and that of client-node 2, are undici's, which hands each request to a dispatcher.
 * Of that API only what has been the same from its version 6 on is used here.
 */

/** Whatever undici can be given to send requests by. */
export interface Dispatcher {
  dispatch(options: unknown, handler: object): boolean;
}

type Method = (...args: unknown[]) => unknown;

/** What undici calls right before it writes a request to a connection, in its versions 6 and 7 on. */
const BEFORE_IT_LEAVES = ['onConnect', 'onRequestStart'];

const AT_THE_ANSWER: Readonly<Record<string, (args: unknown[]) => unknown>> = {
  onHeaders: ([status]) => status,
  onResponseStart: ([, status]) => status,
};

const AT_THE_END = [
  ...['onComplete', 'onError', 'onUpgrade'],
  ...['onResponseEnd', 'onResponseError', 'onRequestUpgrade'],
];

/**
 * A dispatcher by which a request leaves only if it may at the moment at which it is written.
 *
 * @param inner what sends it, asked for when it is sent
 */
export function guardedDispatcher(inner: () => Dispatcher, passage: Passage): Dispatcher {
  return {
    dispatch: (options, handler) =>
      inner().dispatch(withGuardedBody(options, handler, passage), guarded(handler, passage)),
  };
}

/**
 * `fetch` sends a body piece by piece, even where there is one alone: after the head, in a later turn. And
 * a request without a body gets one that is empty, before the end of which undici sends no head. What undici
 * 6 has for tries again calls `onConnect` but once, before the first of them: by the body it is asked in each.
 */
function withGuardedBody(options: unknown, handler: object, passage: Passage): unknown {
  const { body = null } = options as { readonly body?: AsyncIterable<unknown> | null };
  const isPieces = typeof body?.[Symbol.asyncIterator] === 'function' && !('pipe' in body);
  const isNone = body === null && 'onConnect' in handler;
  if (!isPieces && !isNone) return options;
  const asked = { [Symbol.asyncIterator]: () => guardedPieces(body ?? [], passage) };
  return { ...(options as object), body: asked };
}

async function* guardedPieces(
  pieces: AsyncIterable<unknown> | readonly unknown[],
  passage: Passage,
): AsyncGenerator {
  for await (const piece of pieces) {
    if (!passage.mayLeave()) throw passage.signal.reason as unknown;
    yield piece;
  }
  // What says that it is complete comes last, where its length was not told before.
  if (!passage.mayLeave()) throw passage.signal.reason as unknown;
}

/** A proxy, because undici tells by the methods of a handler which version of its API that is for. */
function guarded(handler: object, passage: Passage): object {
  return new Proxy(handler, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function' || typeof name !== 'string') return value;
      const method: Method = (...args) => Reflect.apply(value, target, args) as unknown;
      if (BEFORE_IT_LEAVES.includes(name)) return beforeItLeaves(method, passage);
      return (...args: unknown[]) => {
        // What comes before, such as `103 Early Hints`, is not yet the answer.
        const isAnswered = Number(AT_THE_ANSWER[name]?.(args) ?? 0) >= 200;
        if (isAnswered || AT_THE_END.includes(name)) passage.end();
        return method(...args);
      };
    },
  });
}

function beforeItLeaves(method: Method, passage: Passage): Method {
  return (control, ...rest) => {
    const abort = aborter(control);
    if (!passage.mayLeave()) {
      abort(passage.signal.reason);
      return undefined;
    }
    passage.signal.addEventListener(
      'abort',
      () => {
        abort(passage.signal.reason);
      },
      { once: true },
    );
    passage.begin();
    return method(control, ...rest);
  };
}

/** A function in undici 6, an object with one from 7 on. */
function aborter(control: unknown): (reason: unknown) => void {
  if (typeof control === 'function') return control as (reason: unknown) => void;
  return (reason) => {
    (control as { abort(reason: unknown): void }).abort(reason);
  };
}

const [OLDER, NEWER] = [1, 2].map((version) =>
  Symbol.for(`undici.globalDispatcher.${version}`),
) as [symbol, symbol];

/** What undici sends by where it is given nothing: from 8 on it has a place of its own. */
export function globalDispatcher(undiciVersion: string): Dispatcher {
  const places = Number.parseInt(undiciVersion, 10) >= 8 ? [NEWER, OLDER] : [OLDER];
  const found = places
    .map((place): unknown => Reflect.get(globalThis, place))
    .find((one) => one !== undefined);
  if (found === undefined) throw new Error('undici has no global dispatcher');
  return found as Dispatcher;
}
