import { readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { loadClientNode, type ClientNodeModule } from '../../../src/kubernetes/client-node.js';
import { VERSION } from '../../../src/kubernetes/version.js';
import { failure } from './support/failure.js';

const TOO_OLD = (node: string): string =>
  `@kubernetes/client-node could not be loaded on Node ${node}: its version 2 needs Node 22.19 or ` +
  'newer, so run `npm install @kubernetes/client-node@^1.4.0`.';
const NOT_INSTALLED = (version: string): string =>
  '@kubernetes/client-node is not installed and no kubeConfig was given: run ' +
  `\`npm install @kubernetes/client-node@${version}\`.`;

const crash = new TypeError("Cannot read properties of undefined (reading 'bind')");
const notFound = Object.assign(new Error("Cannot find package '@kubernetes/client-node'"), {
  code: 'ERR_MODULE_NOT_FOUND',
});
const otherNotFound = Object.assign(new Error("Cannot find package 'undici'"), {
  code: 'ERR_MODULE_NOT_FOUND',
});

describe('the peer dependency', () => {
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

      expect(error.kind).toBe('credentials');
      expect(error.message).toBe(TOO_OLD(nodeVersion));
      expect(importModule).not.toHaveBeenCalled();
    },
  );

  it.each([
    ['crashes on Node 20', crash, 'v20.20.2', TOO_OLD('v20.20.2')],
    ['is missing on Node 20', notFound, 'v20.20.2', NOT_INSTALLED('^1.4.0')],
    ['is missing on Node 24', notFound, 'v24.1.0', NOT_INSTALLED('latest')],
    [
      'crashes on Node 24',
      crash,
      'v24.1.0',
      '@kubernetes/client-node could not be loaded on Node v24.1.0 (TypeError): run ' +
        '`npm install @kubernetes/client-node@latest`.',
    ],
    [
      'misses a part of its own',
      otherNotFound,
      'v24.1.0',
      '@kubernetes/client-node could not be loaded on Node v24.1.0 (ERR_MODULE_NOT_FOUND): run ' +
        '`npm install @kubernetes/client-node@latest`.',
    ],
  ])('that %s is reported in one sentence', async (_, cause, nodeVersion, expected) => {
    const importModule = (): Promise<never> => Promise.reject(cause);

    const error = await failure(
      loadClientNode({ nodeVersion, installedVersion: () => null, importModule }),
    );

    expect(error.message).toBe(expected);
    expect(error.kind).toBe('credentials');
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
