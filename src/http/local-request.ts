import type { IncomingMessage } from 'node:http';

const LOCAL_NAMES = ['127.0.0.1', 'localhost'];

/**
 * Whether a request was made for this very address (`Host`, against web sites that point their own
 * name at 127.0.0.1), and by no other site's page (`Origin`).
 */
export function isForUs({ headers: { host, origin } }: IncomingMessage, port: number): boolean {
  const hosts = LOCAL_NAMES.map((name) => `${name}:${port}`);
  if (host === undefined || !hosts.includes(host.toLowerCase())) return false;
  return origin === undefined || hosts.some((name) => origin === `http://${name}`);
}
