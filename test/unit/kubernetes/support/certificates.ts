import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isIPv4 } from 'node:net';

/**
 * X.509 certificates made in memory for one test run, so that no key is ever kept in the
 * repository and no tool has to be installed.
 */
export interface Certificate {
  /** PEM. */
  readonly cert: string;
  /** PEM, PKCS #8. */
  readonly key: string;
}

export interface Authority extends Certificate {
  /** Issues a certificate for these DNS names and IPv4 addresses. */
  issue(commonName: string, names?: readonly string[], validity?: Validity): Certificate;
}

export interface Validity {
  readonly from: Date;
  readonly to: Date;
}

const DAY_MS = 86_400_000;
const aroundNow = (): Validity => ({
  from: new Date(Date.now() - DAY_MS),
  to: new Date(Date.now() + DAY_MS),
});

export const LONG_AGO: Validity = { from: new Date('2001-01-01'), to: new Date('2002-01-01') };

export function makeAuthority(commonName: string): Authority {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const cert = certificate({
    issuer: commonName,
    subject: commonName,
    publicKey,
    signer: privateKey,
    validity: aroundNow(),
    extensions: [extension('551d13', true, sequence(der(0x01, Buffer.from([0xff]))))],
  });
  return {
    cert,
    key: pem(privateKey),
    issue(subject, names = [], validity = aroundNow()) {
      const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const extensions = names.length === 0 ? [] : [subjectAltName(names)];
      const { publicKey: own } = pair;
      const signed = { issuer: commonName, subject, publicKey: own, validity, extensions };
      return { cert: certificate({ ...signed, signer: privateKey }), key: pem(pair.privateKey) };
    },
  };
}

interface ToBeSigned {
  readonly issuer: string;
  readonly subject: string;
  readonly publicKey: KeyObject;
  readonly signer: KeyObject;
  readonly validity: Validity;
  readonly extensions: readonly Buffer[];
}

const ECDSA_WITH_SHA256 = sequence(der(0x06, Buffer.from('2a8648ce3d040302', 'hex')));

function certificate(tbs: ToBeSigned): string {
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ECDSA_WITH_SHA256,
    name(tbs.issuer),
    sequence(time(tbs.validity.from), time(tbs.validity.to)),
    name(tbs.subject),
    tbs.publicKey.export({ type: 'spki', format: 'der' }),
    ...(tbs.extensions.length === 0 ? [] : [der(0xa3, sequence(...tbs.extensions))]),
  );
  const signature = der(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', body, tbs.signer)]));
  const base64 = sequence(body, ECDSA_WITH_SHA256, signature).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

function subjectAltName(names: readonly string[]): Buffer {
  const entries = names.map((entry) =>
    isIPv4(entry)
      ? der(0x87, Buffer.from(entry.split('.').map(Number)))
      : der(0x82, Buffer.from(entry)),
  );
  return extension('551d11', false, sequence(...entries));
}

function extension(oid: string, critical: boolean, value: Buffer): Buffer {
  const flag = critical ? [der(0x01, Buffer.from([0xff]))] : [];
  return sequence(der(0x06, Buffer.from(oid, 'hex')), ...flag, der(0x04, value));
}

function name(commonName: string): Buffer {
  const attribute = sequence(
    der(0x06, Buffer.from('550403', 'hex')),
    der(0x0c, Buffer.from(commonName)),
  );
  return sequence(der(0x31, attribute));
}

function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]/g, '').slice(2, 14);
  return der(0x17, Buffer.from(`${digits}Z`));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

/** As short as can be: Go refuses certificates with a longer form of a length than need be. */
function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const long = length < 0x100 ? [0x81, length] : [0x82, Math.floor(length / 0x100), length % 0x100];
  return Buffer.concat([Buffer.from([tag, ...(length < 0x80 ? [length] : long)]), content]);
}

function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
