import { hostname } from 'node:os';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ConfigError } from '../../../src/errors/config-error.js';
import { ConfigMapLock, LeaseLock } from '../../../src/lock/locks.js';
import { kubeConfig } from '../kubernetes/support/kube-configs.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

/** A DNS-1123 subdomain of 253 characters. */
const LONGEST_NAME = `${'a.'.repeat(126)}a`;

/** Makes a lock with options that the types would not let through. */
function problemsOf(options: unknown): ConfigError {
  try {
    new LeaseLock(options as ConstructorParameters<typeof LeaseLock>[0]);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('expected a ConfigError');
}

describe('an option that breaks a rule', () => {
  it.each([
    ['name', undefined, 'must be a string', 'undefined'],
    ['name', 7, 'must be a string', '7'],
    ['name', '', 'must not be empty', '""'],
    ['name', 'Data_Processor', 'must be a DNS-1123 subdomain', '"Data_Processor"'],
    ['name', '-a', 'must be a DNS-1123 subdomain', '"-a"'],
    ['name', 'a..b', 'must be a DNS-1123 subdomain', '"a..b"'],
    ['name', 'a\n', 'must be a DNS-1123 subdomain', '"a\\n"'],
    ['name', 'a'.repeat(254), 'must be at most 253 characters long (it has 254)', '254 characters'],
    ['namespace', '', 'must not be empty', '""'],
    ['namespace', 'a.b', 'must be a DNS-1123 label', '"a.b"'],
    ['namespace', 'a'.repeat(64), 'must be at most 63 characters long', '64 characters'],
    ['namespace', null, 'must be a string', 'null'],
    ['identity', '', 'must not be empty', '""'],
    ['identity', '  \t', 'must not consist of white space only', '"  \\t"'],
    ['identity', 'undefined', 'must not be the text of a missing value', '"undefined"'],
    ['identity', 'null', 'must not be the text of a missing value', '"null"'],
    ['identity', 'a\u0007', 'must not contain control characters', '"a\\u0007"'],
    ['identity', 'a\ud800', 'must be well-formed Unicode', '"a\\ud800"'],
    ['identity', 'a'.repeat(513), 'must be at most 512 characters long', '513 characters'],
    ['identity', 12, 'must be a string', '12'],
    ['kubeConfig', 'apiVersion: v1', 'must be a KubeConfig', 'a string'],
    ['kubeConfig', {}, 'must be a KubeConfig', 'an object'],
    ['labels', ['a'], 'must be an object', 'an array of 1'],
    ['labels', { 'bad key': 'a' }, 'must have keys such as', '"bad key"'],
    ['labels.a', { a: 'b c' }, 'must be empty or at most 63', '"b c"'],
    ['name', 'a-.b', 'must be a DNS-1123 subdomain', '"a-.b"'],
    ['name', 'a.-b', 'must be a DNS-1123 subdomain', '"a.-b"'],
    ['name', 'a.', 'must be a DNS-1123 subdomain', '"a."'],
    ['name', '.a', 'a letter or digit at both ends of each part', '".a"'],
    ['namespace', '-a', 'with a letter or digit at both ends', '"-a"'],
    ['namespace', 'a-', 'must be a DNS-1123 label', '"a-"'],
    ['identity', 'a\u2028', 'must not contain control characters', '"a\\u2028"'],
    ['labels', { 'a/b/c': '' }, 'must have keys such as', '"a/b/c"'],
    ['labels', { '/b': '' }, 'must have keys such as', '"/b"'],
    ['labels', { 'a/': '' }, 'must have keys such as', '"a/"'],
    ['labels', { '': '' }, 'must have keys such as', '""'],
    ['labels', { 'A/b': '' }, 'must have keys such as', '"A/b"'],
    ['labels', { '-a': '' }, 'must have keys such as', '"-a"'],
    ['labels', { 'a-': '' }, 'must have keys such as', '"a-"'],
    ['labels', { ['a'.repeat(64)]: '' }, 'must have keys such as', '64 characters'],
    ['labels', { [`${LONGEST_NAME}a/b`]: '' }, 'must have keys such as', '256 characters'],
    ['labels.a', { a: null }, 'must be empty or at most 63', 'null'],
    ['labels.a', { a: ['b'] }, 'must be empty or at most 63', 'an array of 1'],
    ['labels.a', { a: '-b' }, 'must be empty or at most 63', '"-b"'],
    ['labels.a', { a: 'b-' }, 'must be empty or at most 63', '"b-"'],
    ['labels.a', { a: 'b'.repeat(64) }, 'must be empty or at most 63', '64 characters'],
  ] as const)('%s = %j is named with the rule and the value', (field, value, rule, printed) => {
    const option = field.split('.')[0] ?? '';

    const { problems, message } = problemsOf({ name: 'fine', [option]: value });

    const contains = (text: string) => expect.stringContaining(text) as unknown;
    expect(problems).toEqual([{ field, rule: contains(rule), value: contains(printed) }]);
    expect(message).toMatch(/^LeaseLock: 1 problem\n {2}- /);
  });

  it('is named together with all others', () => {
    const wrong = { name: '', namespace: 'X', identity: ' ', nameSpace: 'a', colour: 'red' };
    const { problems, code } = problemsOf(wrong);

    expect(code).toBe('ERR_CONFIG');
    const fields = ['nameSpace', 'colour', 'name', 'namespace', 'identity'];
    expect(problems.map(({ field }) => field)).toEqual(fields);
  });

  it.each([
    ['nameSpace', 'did you mean namespace?'],
    ['kubeconfig', 'did you mean kubeConfig?'],
    ['kube_config', 'did you mean kubeConfig?'],
    ['lable', 'did you mean labels?'],
    ['colour', 'is not one of name, namespace, identity, kubeConfig, labels'],
  ])('%s is not an option, and its value is not printed', (name, hint) => {
    const { message } = problemsOf({ name: 'fine', [name]: 'marked-secret' });

    expect(message).toContain(`- ${name} is not an option: ${hint}`);
    expect(message).not.toContain('marked-secret');
  });

  it('is named with no more than the beginning of a long key', () => {
    const key = `${LONGEST_NAME}/b`;
    const { problems } = problemsOf({ name: 'fine', labels: { [key]: 'not a value' } });
    expect(problems.map(({ field }) => field)).toEqual([`labels.${key.slice(0, 80)}`]);
  });

  it.each([undefined, null, 'name', [], 7])('is everything when the options are %j', (options) => {
    expect(problemsOf(options).problems).toMatchObject([
      { field: 'options', rule: 'must be an object' },
    ]);
  });
});

describe('options within the rules', () => {
  it.each([
    { name: 'a' },
    { name: 'a'.repeat(253), namespace: 'b'.repeat(63) },
    { name: 'a.b-c.d9', identity: 'worker-1 (blue) é' },
    { name: 'a', labels: { app: 'x', 'example.com/part-of': '' } },
    { name: LONGEST_NAME, identity: 'a'.repeat(512) },
    { name: 'a', labels: { [`${LONGEST_NAME}/${'b'.repeat(63)}`]: 'c'.repeat(63) } },
    { name: 'a', labels: { 'A_b.c-9': 'D_e.f-0', x: '1' } },
    { name: 'a', namespace: undefined, identity: undefined, kubeConfig: undefined },
    { name: 'a', kubeConfig: kubeConfig({ server: 'http://127.0.0.1:1' }) },
  ])('make a lock: %o', (options) => {
    expect(new LeaseLock(options).name).toBe(options.name);
    expect(new ConfigMapLock(options).name).toBe(options.name);
  });
});

describe('the default identity', () => {
  const UUID = '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}';

  it.each([
    ["the pod's name", 'worker-0', 'worker-0'],
    ["the pod's name without white space around it", ' worker-0 ', 'worker-0'],
    ["no more of the pod's name than half of it all", 'p'.repeat(300), 'p'.repeat(256)],
    ['the host name where there is no pod', undefined, hostname()],
    ['the host name where the name of the pod is empty', '', hostname()],
    ['the host name where it is blank', ' ', hostname()],
  ])('begins with %s, and differs for each lock', (_, podName, expected) => {
    vi.stubEnv('POD_NAME', podName);

    const [one, other] = [1, 2].map(() => new LeaseLock({ name: 'a' }).identity);

    expect(one?.slice(0, expected.length)).toBe(expected);
    expect(one?.slice(expected.length)).toMatch(new RegExp(`^_${UUID}$`));
    expect(one).not.toBe(other);
  });
});
