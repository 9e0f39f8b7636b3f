import type { InspectionEvent } from 'xstate';
import { type AttachOptions, Attachments, type Inspectable, loggerOf } from './attachments.js';
import { checkConnect } from './inspect-options.js';
import { Outbox } from './outbox.js';
import { type ReportAddress, reportTarget, type ReportTarget } from './report-target.js';

export type ConnectInspectorOptions = ReportAddress;

/** The reporting end of a live view that another process serves. */
export interface InspectorConnection extends AsyncDisposable {
  /** As `Inspector.inspect`. */
  readonly inspect: (event: InspectionEvent) => void;
  /** As `Inspector.attach`. */
  attach(subject: Inspectable, options?: AttachOptions): () => void;
  /** Stops observing, and sends what has not been sent yet if that takes no longer than 1 s. */
  close(): Promise<void>;
}

/**
 * Shows elections of this process in a live view that another one serves, on this machine or
 * another. If that cannot be reached or refuses, the election's logger is told so once, reports are
 * kept for a while and then dropped, the oldest first; nothing fails.
 *
 * @throws {ConfigError} if an option is wrong: if the address is not that of a live view, has no token, or
 * leads to another machine by plain http and that is not allowed
 */
export function connectInspector(options: ConnectInspectorOptions): InspectorConnection {
  checkConnect(options);
  return connect(reportTarget(options), () => undefined);
}

/** @param onClose is called when it begins to close */
export function connect(target: ReportTarget, onClose: () => void): InspectorConnection {
  const outbox = new Outbox(target);
  const attachments = new Attachments(outbox);
  const close = async (): Promise<void> => {
    onClose();
    attachments.close();
    await outbox.close();
  };
  return {
    inspect: attachments.inspect,
    attach: (subject, attachOptions) => {
      const detach = attachments.attach(subject, attachOptions);
      outbox.logger = loggerOf(subject);
      return detach;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
