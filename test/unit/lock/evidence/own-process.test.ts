import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readMounts, readOwnProcess } from '../../../../src/lock/evidence/own-process.js';

const UID = '0f4b8b9e-1111-2222-3333-444444444444';
const MOUNT =
  `612 590 8:1 /var/lib/kubelet/pods/${UID}/etc-hosts /etc/hosts rw - ext4 /dev/sda1 rw\n` +
  `613 590 8:1 /var/lib/kubelet/pods/${UID}/containers/app/9d2f0a1b /dev/termination-log rw - ext4 /dev/sda1 rw\n`;

describe('what the kubelet has mounted', () => {
  const found = { uid: UID, container: 'app' };

  it('tells the pod and the container', () => {
    expect(readMounts(MOUNT)).toEqual(found);
    expect(readMounts(MOUNT.replaceAll('/var/lib/kubelet', ''))).toEqual(found);
  });

  it('tells nothing elsewhere, or where two disagree', () => {
    expect(readMounts('')).toBeNull();
    expect(readMounts('22 27 0:21 / /proc rw,relatime - proc proc rw\n')).toBeNull();
    expect(readMounts(MOUNT + MOUNT.replaceAll('/app/', '/other/'))).toBeNull();
  });
});

describe.runIf(process.platform === 'linux')('a process that asks who it is', () => {
  let proc = '';
  beforeEach(async () => {
    proc = await mkdtemp(join(tmpdir(), 'proc-'));
    await mkdir(join(proc, 'self', 'ns'), { recursive: true });
    await mkdir(join(proc, String(process.pid)));
    const stat = await readFile(`/proc/${process.pid}/stat`, 'utf8');
    await writeFile(join(proc, String(process.pid), 'stat'), stat);
    await writeFile(join(proc, 'self', 'mountinfo'), MOUNT);
    await symlink('pid:[4026532001]', join(proc, 'self', 'ns', 'pid'));
  });
  afterEach(async () => {
    await rm(proc, { recursive: true });
  });

  it('is told by the kernel and by what the kubelet has mounted', async () => {
    const own = await readOwnProcess({ env: {}, proc });
    expect(own).toMatchObject({
      ...{ pod: hostname(), uid: UID, container: 'app' },
      ...{ pid: process.pid, pidNamespace: 'pid:[4026532001]' },
      startedAtMs: Math.ceil(performance.timeOrigin),
    });
  });

  it('finds itself among the living, and nobody who is not', async () => {
    const own = await readOwnProcess({ env: { POD_UID: UID } });
    if (typeof own === 'string') throw new Error(own);
    expect(await own.startOf(process.pid)).toBe(own.startTicks);
    expect(await own.startOf(2 ** 22 + 1)).toBeNull();
  });

  it('takes nobody for dead who is only hidden from it', async () => {
    const own = await readOwnProcess({ env: {}, proc });
    if (typeof own === 'string') throw new Error(own);
    // It lives, and has no file there: as with hidepid.
    await expect(own.startOf(process.ppid)).rejects.toThrow(/ENOENT/);
  });

  it('believes the environment where nothing is mounted', async () => {
    await writeFile(join(proc, 'self', 'mountinfo'), '');
    const env = { POD_NAME: 'app-1', POD_UID: UID, CONTAINER_NAME: 'app' };
    expect(await readOwnProcess({ env, proc })).toMatchObject({
      ...{ pod: 'app-1', uid: UID, container: 'app' },
    });
    expect(await readOwnProcess({ env: { POD_UID: UID }, proc })).toMatchObject({
      container: null,
    });
    expect(await readOwnProcess({ env, proc, containerName: 'web' })).toMatch(
      /web.*and CONTAINER_NAME says "app"/,
    );
  });

  it('says what contradicts what, or is missing', async () => {
    expect(await readOwnProcess({ env: { POD_UID: 'other' }, proc })).toMatch(
      /POD_UID says "other"/,
    );
    expect(await readOwnProcess({ env: { CONTAINER_NAME: 'b' }, proc })).toMatch(
      /CONTAINER_NAME says "b"/,
    );
    expect(await readOwnProcess({ env: {}, proc, containerName: 'b' })).toMatch(
      /containerName says "b"/,
    );
    await writeFile(join(proc, 'self', 'mountinfo'), '');
    expect(await readOwnProcess({ env: {}, proc })).toMatch(/neither POD_UID nor/);
    expect(await readOwnProcess({ env: {}, proc: join(proc, 'none') })).toMatch(/does not tell/);
  });

  it('began by the wall clock as it was then', () => {
    const bySteadyClock = Date.now() - process.uptime() * 1000;
    expect(Math.abs(performance.timeOrigin - bySteadyClock)).toBeLessThan(2000);
  });
});
