import { readdir, readFile, readlink } from 'node:fs/promises';
export { cpuMillisOf } from '../../support/api-server-processes.js';

/** Resident memory of a process. Linux only, as everything here. */
export function residentBytesOf(pid: number): Promise<number> {
  return memoryOf(pid, 'VmRSS');
}

/** The most that it has been so far. */
export function peakBytesOf(pid: number): Promise<number> {
  return memoryOf(pid, 'VmHWM');
}

async function memoryOf(pid: number, field: string): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN) * 1024;
}

/** What the threads that there are have run so far, in nanoseconds: finer than the clock's ticks. */
export async function cpuNanosOf(pid: number): Promise<number> {
  const threads = await readdir(`/proc/${pid}/task`);
  const texts = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8')),
  );
  return texts.reduce((sum, text) => sum + Number(text.split(' ', 1)[0]), 0);
}

/** The processes that it has started, and that have not ended. */
export async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}

/** How many established connections a process has to a port of this machine. */
export async function connectionsOf(pid: number, port: number): Promise<number> {
  const remote = new RegExp(`:${port.toString(16).toUpperCase().padStart(4, '0')}$`);
  const inodes = new Set<string>();
  for (const table of ['tcp', 'tcp6']) {
    const text = await readFile(`/proc/${pid}/net/${table}`, 'utf8').catch(() => '');
    for (const line of text.split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      // Fields: number, local address, remote address, state (01: established), …, inode.
      if (remote.test(fields[2] ?? '') && fields[3] === '01') inodes.add(fields[9] ?? '');
    }
  }
  const descriptors = await readdir(`/proc/${pid}/fd`);
  const links = await Promise.all(
    descriptors.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')),
  );
  return links.filter((link) => inodes.has(/^socket:\[(\d+)\]$/.exec(link)?.[1] ?? '')).length;
}
