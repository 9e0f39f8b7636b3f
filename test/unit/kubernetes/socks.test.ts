import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { openSocks } from '../../../src/kubernetes/socks.js';
import { everythingShown } from './support/show.js';

const servers: net.Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const hex = (bytes: Buffer): string => bytes.toString('hex');

interface Talk {
  /** In hex, what the proxy says to each thing that it is told; then it repeats what it hears. */
  readonly replies: readonly string[];
  readonly heard: string[];
}

/** The port of a proxy that follows a script. */
async function proxy({ replies, heard }: Talk): Promise<number> {
  const server = net.createServer((client) => {
    let turn = 0;
    client.on('error', () => undefined);
    client.on('data', (bytes) => {
      const reply = replies[turn];
      turn += 1;
      if (reply === undefined) client.write(bytes);
      else {
        heard.push(hex(bytes));
        if (reply === 'end') client.end();
        // In two parts, as it may come from a network.
        else {
          client.write(Buffer.from(reply.slice(0, 2), 'hex'));
          setImmediate(() => client.write(Buffer.from(reply.slice(2), 'hex')));
        }
      }
    });
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const name = Buffer.from('api.example').toString('hex');
const OPENED_5 = '05000001000000000000';
const OPENED_4 = '005a000000000000';
const OPENED_V6 = `05000004${'00'.repeat(18)}`;
const NAMED_5 = '0500000303616263192b';
const TO_NAME = `050100030b${name}192b`;
const TO_V6 = `05010004fd00${'0000'.repeat(5)}00010002192b`;
const ANN = 'ann:p%40ss@';
const PASSWORD = '0103616e6e0470407373';

describe('a SOCKS proxy', () => {
  it.each([
    ['socks4', '', '10.0.0.1', [OPENED_4], ['0401192b0a00000100']],
    ['socks4', 'ann@', '10.0.0.1', [OPENED_4], ['0401192b0a000001616e6e00']],
    ['socks4a', '', 'api.example', [OPENED_4], [`0401192b0000000100${name}00`]],
    ['socks5', '', '10.0.0.1', ['0500', OPENED_5], ['050100', '050100010a000001192b']],
    ['socks5h', '', 'api.example', ['0500', OPENED_5], ['050100', TO_NAME]],
    ['socks', '', 'api.example', ['0500', OPENED_5], ['050100', TO_NAME]],
    ['socks5h', '', 'fd00::1:2', ['0500', OPENED_V6], ['050100', TO_V6]],
    ['socks5h', ANN, 'api.example', ['0502', '0100', NAMED_5], ['05020002', PASSWORD, TO_NAME]],
    ['socks5h', ANN, 'api.example', ['0500', OPENED_5], ['05020002', TO_NAME]],
  ] as const)('of %s://%s… opens the way to %s', async (scheme, user, host, replies, expected) => {
    const heard: string[] = [];
    const url = new URL(`${scheme}://${user}127.0.0.1:${await proxy({ replies, heard })}`);

    const socket = await openSocks(url, { host, port: 6443 }, new AbortController().signal);
    socket.write('ping');
    const [back] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();

    expect(heard).toEqual(expected);
    // Nothing of what the proxy had said was left on the line.
    expect(back.toString()).toBe('ping');
  });

  it.each([
    ['socks4', '', ['005b000000000000'], /Socks4 Proxy rejected connection/],
    ['socks5', '', ['05ff'], /authentication/i],
    ['socks5', '', ['0502'], /Socks5 proxy rejected connection/],
    ['socks5', 'ann:secret@', ['0502', '0101'], /Authentication failed/],
    ['socks5', '', ['0500', '05050001000000000000'], /rejected connection - ConnectionRefused/],
    ['socks5', '', ['end'], /Socket closed/],
    ['socks5', '', ['0500', 'end'], /Socket closed/],
  ] as const)('of %s://%s… that answers %j is refused', async (scheme, user, replies, why) => {
    const url = new URL(`${scheme}://${user}127.0.0.1:${await proxy({ replies, heard: [] })}`);

    const opening = openSocks(url, { host: '10.0.0.1', port: 6443 }, new AbortController().signal);
    await expect(opening).rejects.toThrow(why);
    expect(await opening.catch(everythingShown)).not.toContain('secret');
  });
});
