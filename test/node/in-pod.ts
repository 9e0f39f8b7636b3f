import { appendFileSync } from 'node:fs';
import { machineNow, type PodReport } from './pod-report.js';

// What the programs in the pods have in common.

const pod = process.env['POD_NAME'] ?? '';
const who = `${pod}@${Math.round(machineNow())}`;

/** Writes it to a file that outlives this process. Returns when. */
export function report(body: Omit<PodReport, 'at' | 'who' | 'pod'>): number {
  const at = machineNow();
  appendFileSync(`/reports/${pod}.jsonl`, `${JSON.stringify({ at, who, pod, ...body })}\n`);
  return at;
}

/** While it leads, a process says so that often: what is killed can say nothing else any more. */
export const HEARTBEAT_MS = 20;

/** More than the pod may have. */
export function eatMemory(): void {
  const eaten: Buffer[] = [];
  for (;;) eaten.push(Buffer.alloc(16 * 1024 * 1024, 1));
}
