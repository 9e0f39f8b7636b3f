import { readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { loadClientNode, type ClientNodeModule } from '../../../src/kubernetes/client-node.js';
import { VERSION } from '../../../src/kubernetes/version.js';
import { failure } from './support/failure.js';

const TOO_OLD = (node: string): string =>
  `@kubernetes/client-node could not be loaded on Node ${node}: its version 2 needs Node 22.19 or ` +
  'newer, so run `npm install @kubernetes/client-node@^1.4.0`.';
const NOT_INSTALLED = (version: string): string =>
  '@kubernetes/client-node is not installed, which reads kubeconfig files: run ' +
  `\`npm install @kubernetes/client-node@${version}\`.`;

const coded = (code: string, message: string): Error => Object.assign(new Error(message), { code });

describe('the optional peer dependency', () => {
  it.each([
    ['v20.20.2', '1.4.0'],
    ['v20.20.2', null],
    ['v22.19.0', '2.0.1'],
    ['v24.0.0', '3.0.0'],
  ])('is loaded on Node %s in version %s', async (nodeVersion, version) => {
    const module = {} as ClientNodeModule;
    const importModule = () => Promise.resolve(module);

    const loaded = await loadClientNode({
      nodeVersion,
      installedVersion: () => version,
      importModule,
    });

    expect(loaded).toBe(module);
  });

  it.each(['v20.20.2', 'v21.7.3', 'v22.18.0'])(
    'in version 2 is not even touched on Node %s, because its failure ends the process',
    async (nodeVersion) => {
      const importModule = vi.fn<() => Promise<ClientNodeModule>>();

      const error = await failure(
        loadClientNode({ nodeVersion, installedVersion: () => '2.0.1', importModule }),
      );

      expect(error.kind).toBe('dependency');
      expect(error.message).toBe(TOO_OLD(nodeVersion));
      expect(importModule).not.toHaveBeenCalled();
    },
  );

  const missing = coded('ERR_MODULE_NOT_FOUND', "Cannot find package '@kubernetes/client-node'");
  it.each([
    ['on Node 20', missing, 'v20.20.2', '^1.4.0'],
    ['on Node 24', missing, 'v24.1.0', 'latest'],
    [
      'for require()',
      coded('MODULE_NOT_FOUND', "Cannot find module '@kubernetes/client-node' from 'src/a.js'"),
      'v24.1.0',
      'latest',
    ],
  ])('that is missing %s is to be installed', async (_, cause, nodeVersion, version) => {
    const importModule = () => Promise.reject(cause);

    const error = await failure(
      loadClientNode({ nodeVersion, installedVersion: () => null, importModule }),
    );

    expect(error).toMatchObject({ kind: 'dependency', mayHaveCommitted: false });
    expect(error.message).toBe(NOT_INSTALLED(version));
    expect(error.cause).toBeInstanceOf(Error);
  });

  const crash = new TypeError("Cannot read properties of undefined (reading 'bind')");
  const inDist = '/app/node_modules/@kubernetes/client-node/dist/index.js';
  it.each<[situation: string, cause: unknown, version: string | null, expected: string]>([
    [
      'crashes in a version that nobody knows',
      crash,
      null,
      "TypeError: Cannot read properties of undefined (reading 'bind').",
    ],
    [
      'crashes in a version that is known',
      crash,
      '2.0.1',
      "TypeError: Cannot read properties of undefined (reading 'bind').",
    ],
    [
      'misses a part of its own',
      coded('ERR_MODULE_NOT_FOUND', "Cannot find package 'undici'"),
      '2.0.1',
      "ERR_MODULE_NOT_FOUND: Cannot find package 'undici'.",
    ],
    [
      'is installed in part',
      coded('ERR_MODULE_NOT_FOUND', `Cannot find module '${inDist}'`),
      null,
      `ERR_MODULE_NOT_FOUND: Cannot find module '${inDist}'.`,
    ],
    [
      'is imported by Jest in CommonJS',
      coded('ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING_FLAG', 'A callback was invoked without it.'),
      '1.4.0',
      'ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING_FLAG: A callback was invoked without it. Jest is ' +
        'like this: start it with NODE_OPTIONS=--experimental-vm-modules, or give the lock a ' +
        'kubeConfig that you have loaded yourself.',
    ],
    [
      'is required by a bundle',
      coded(
        'ERR_REQUIRE_ESM',
        `require() of ES Module ${inDist} not supported.\nInstead change it.`,
      ),
      '1.4.0',
      `ERR_REQUIRE_ESM: require() of ES Module ${inDist} not supported. It is an ES module, and ` +
        'is loaded here with require(): let your bundler leave import() as it is or bundle to ' +
        'ESM, use a Node that can require ES modules, or give the lock a kubeConfig that you ' +
        'have loaded yourself.',
    ],
    ['throws something that is no error', 'nonsense', null, 'nonsense.'],
  ])('that %s is reported with its cause', async (_, cause, version, expected) => {
    const importModule = async (): Promise<never> => {
      throw cause;
    };

    const error = await failure(
      loadClientNode({ nodeVersion: 'v24.1.0', installedVersion: () => version, importModule }),
    );

    expect(error.kind).toBe('dependency');
    const which = `@kubernetes/client-node${version === null ? '' : ` ${version}`}`;
    expect(error.message).toBe(`${which} could not be loaded on Node v24.1.0: ${expected}`);
    expect(error.cause).toBeInstanceOf(Error);
  });

  it('is found where this package is installed', async () => {
    expect((await loadClientNode()).KubeConfig).toBeTypeOf('function');
  });
});

describe('the version in User-Agent', () => {
  it('is that of the package', () => {
    const manifest = new URL('../../../package.json', import.meta.url);
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };

    expect(VERSION).toBe(version);
  });
});
