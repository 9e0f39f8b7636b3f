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

const crash = new TypeError("Cannot read properties of undefined (reading 'bind')");
const notFound = Object.assign(new Error("Cannot find package '@kubernetes/client-node'"), {
  code: 'ERR_MODULE_NOT_FOUND',
});
const otherNotFound = Object.assign(new Error("Cannot find package 'undici'"), {
  code: 'ERR_MODULE_NOT_FOUND',
});

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

  const coded = (code: string, message: string): Error =>
    Object.assign(new Error(message), { code });
  const jest = coded(
    'ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING_FLAG',
    'A dynamic import callback was invoked without --experimental-vm-modules',
  );
  const required = coded(
    'ERR_REQUIRE_ESM',
    'require() of ES Module /app/node_modules/@kubernetes/client-node/dist/index.js from ' +
      '/app/dist/server.cjs not supported.\nInstead change the require to a dynamic import().',
  );
  const broken = coded(
    'ERR_MODULE_NOT_FOUND',
    "Cannot find module '/app/node_modules/@kubernetes/client-node/dist/index.js'",
  );

  it.each<
    [situation: string, cause: unknown, node: string, version: string | null, expected: string]
  >([
    ['is missing on Node 20', notFound, 'v20.20.2', null, NOT_INSTALLED('^1.4.0')],
    ['is missing on Node 24', notFound, 'v24.1.0', null, NOT_INSTALLED('latest')],
    [
      'is missing for require()',
      coded('MODULE_NOT_FOUND', "Cannot find module '@kubernetes/client-node' from 'src/a.js'"),
      'v24.1.0',
      null,
      NOT_INSTALLED('latest'),
    ],
    [
      'crashes on Node 20 in a version that nobody knows',
      crash,
      'v20.20.2',
      null,
      '@kubernetes/client-node could not be loaded on Node v20.20.2: TypeError: Cannot read ' +
        "properties of undefined (reading 'bind').",
    ],
    [
      'crashes on Node 24',
      crash,
      'v24.1.0',
      '2.0.1',
      '@kubernetes/client-node 2.0.1 could not be loaded on Node v24.1.0: TypeError: Cannot read ' +
        "properties of undefined (reading 'bind').",
    ],
    [
      'misses a part of its own',
      otherNotFound,
      'v24.1.0',
      '2.0.1',
      '@kubernetes/client-node 2.0.1 could not be loaded on Node v24.1.0: ERR_MODULE_NOT_FOUND: ' +
        "Cannot find package 'undici'.",
    ],
    [
      'is installed in part',
      broken,
      'v24.1.0',
      null,
      '@kubernetes/client-node could not be loaded on Node v24.1.0: ERR_MODULE_NOT_FOUND: Cannot ' +
        "find module '/app/node_modules/@kubernetes/client-node/dist/index.js'.",
    ],
    [
      'is imported by Jest in CommonJS',
      jest,
      'v20.20.2',
      '1.4.0',
      '@kubernetes/client-node 1.4.0 could not be loaded on Node v20.20.2: ' +
        'ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING_FLAG: A dynamic import callback was invoked without ' +
        '--experimental-vm-modules. Jest is like this: start it with ' +
        'NODE_OPTIONS=--experimental-vm-modules, or give the lock a kubeConfig that you have loaded ' +
        'yourself.',
    ],
    [
      'is required by a bundle',
      required,
      'v20.18.0',
      '1.4.0',
      '@kubernetes/client-node 1.4.0 could not be loaded on Node v20.18.0: ERR_REQUIRE_ESM: ' +
        'require() of ES Module /app/node_modules/@kubernetes/client-node/dist/index.js from ' +
        '/app/dist/server.cjs not supported. It is an ES module, and is loaded here with require(): ' +
        'let your bundler leave import() as it is or bundle to ESM, use a Node that can require ES ' +
        'modules, or give the lock a kubeConfig that you have loaded yourself.',
    ],
    [
      'throws something that is no error',
      'nonsense',
      'v24.1.0',
      null,
      '@kubernetes/client-node could not be loaded on Node v24.1.0: nonsense.',
    ],
  ])('that %s is reported with its cause', async (_, cause, nodeVersion, version, expected) => {
    const importModule = async (): Promise<never> => {
      throw cause;
    };

    const error = await failure(
      loadClientNode({ nodeVersion, installedVersion: () => version, importModule }),
    );

    expect(error.message).toBe(expected);
    expect(error.kind).toBe('dependency');
    expect(error.mayHaveCommitted).toBe(false);
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
