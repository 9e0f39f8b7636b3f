import { hostname } from 'node:os';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ConfigError } from '../../../src/errors/config-error.js';
import { ConfigMapLock } from '../../../src/lock/config-map-lock.js';
import { LeaseLock } from '../../../src/lock/lease-lock.js';
import { kubeConfig } from '../kubernetes/support/kube-configs.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

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
    ['name', 'a/../b', 'must be a DNS-1123 subdomain', '"a/../b"'],
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
    ['labels.a', { a: 1 }, 'must be empty or at most 63', '1'],
  ] as const)('%s = %j is named with the rule and the value', (field, value, rule, printed) => {
    const option = field.split('.')[0] ?? '';

    const { problems, message } = problemsOf({ name: 'fine', [option]: value });

    expect(problems).toHaveLength(1);
    expect(problems[0]?.field).toBe(field);
    expect(problems[0]?.rule).toContain(rule);
    expect(problems[0]?.value).toContain(printed);
    expect(message).toMatch(/^LeaseLock: 1 problem\n {2}- /);
  });

  it('is named together with all others', () => {
    const { problems, code } = problemsOf({
      name: '',
      namespace: 'X',
      identity: ' ',
      nameSpace: 'a',
      colour: 'red',
    });

    expect(code).toBe('ERR_CONFIG');
    expect(problems.map(({ field }) => field)).toEqual([
      'nameSpace',
      'colour',
      'name',
      'namespace',
      'identity',
    ]);
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
    { name: 'a', namespace: undefined, identity: undefined, kubeConfig: undefined },
    { name: 'a', kubeConfig: kubeConfig({ server: 'http://127.0.0.1:1' }) },
  ])('make a lock: %o', (options) => {
    expect(new LeaseLock(options).name).toBe(options.name);
    expect(new ConfigMapLock(options).name).toBe(options.name);
  });
});

describe('the default identity', () => {
  const UUID = '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}';

  it("begins with the pod's name", () => {
    vi.stubEnv('POD_NAME', 'worker-0');

    expect(new LeaseLock({ name: 'a' }).identity).toMatch(new RegExp(`^worker-0_${UUID}$`));
  });

  it.each([undefined, '', ' '])('begins with the host name when POD_NAME is %j', (podName) => {
    vi.stubEnv('POD_NAME', podName);

    const { identity } = new LeaseLock({ name: 'a' });

    expect(identity.startsWith(`${hostname()}_`)).toBe(true);
    expect(identity).toMatch(new RegExp(`_${UUID}$`));
  });

  it('differs for each lock', () => {
    expect(new LeaseLock({ name: 'a' }).identity).not.toBe(new LeaseLock({ name: 'a' }).identity);
  });
});
