import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { IMAGES } from './node-files.js';

const run = promisify(execFile);

/** Debian's links, so that what is compiled for it finds its parts below the `/usr` of this machine. */
const LINKS = ['bin', 'sbin', 'lib', 'lib64'];
const FOLDERS = ['usr', 'proc', 'sys', 'dev', 'etc', 'tmp', 'var/run'];

/**
 * Writes the image of a sandbox and that of the containers, as `ctr images import` takes them. The
 * latter is empty: what runs in it is this machine's, mounted by the pod.
 *
 * @param pause a program that is linked statically
 */
export async function writeImages(directory: string, pause: string): Promise<readonly string[]> {
  return [
    await writeImage(directory, IMAGES.pause, { Entrypoint: ['/pause'] }, async (root) => {
      await copyFile(pause, join(root, 'pause'));
    }),
    await writeImage(
      directory,
      IMAGES.host,
      { Env: [`PATH=${process.env['PATH']}`] },
      async (root) => {
        for (const folder of FOLDERS) await mkdir(join(root, folder), { recursive: true });
        for (const link of LINKS) await symlink(`usr/${link}`, join(root, link));
      },
    ),
  ];
}

async function writeImage(
  directory: string,
  name: string,
  config: object,
  fill: (root: string) => Promise<void>,
): Promise<string> {
  const work = await mkdtemp(join(tmpdir(), 'image-'));
  try {
    const root = join(work, 'root');
    await mkdir(root);
    await fill(root);
    await pack(join(work, 'layer.tar'), root, '.');
    const layer = createHash('sha256')
      .update(await readFile(join(work, 'layer.tar')))
      .digest('hex');
    const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
    const rootfs = { type: 'layers', diff_ids: [`sha256:${layer}`] };
    await writeFile(
      join(work, 'config.json'),
      JSON.stringify({ architecture, os: 'linux', config, rootfs }),
    );
    const manifest = [{ Config: 'config.json', RepoTags: [name], Layers: ['layer.tar'] }];
    await writeFile(join(work, 'manifest.json'), JSON.stringify(manifest));
    const file = join(directory, `${name.replace(/\W/g, '-')}.tar`);
    await pack(file, work, 'manifest.json', 'config.json', 'layer.tar');
    return file;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function pack(file: string, directory: string, ...names: readonly string[]): Promise<void> {
  const owner = ['--owner=0', '--group=0', '--numeric-owner'];
  await run('tar', ['--create', `--file=${file}`, ...owner, `--directory=${directory}`, ...names]);
}
