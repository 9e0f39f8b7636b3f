import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { ROOT } from '../../docs/support/markdown.js';
import { promtool } from './promtool.js';

export const RULES = join(ROOT, 'docs/prometheus/alerts.yaml');

/** Writes that as a file (JSON is YAML, too) for a command of promtool, which is to succeed. */
export async function expectSuccess(
  path: string,
  command: readonly string[],
  content: object,
): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'promtool-'));
  try {
    const file = join(directory, 'file.yaml');
    await writeFile(file, JSON.stringify(content));
    const { code, text } = await promtool(path, [...command, file]);
    expect(text).toContain('SUCCESS');
    expect(code).toBe(0);
    return text;
  } finally {
    await rm(directory, { recursive: true });
  }
}

export interface Series {
  readonly series: string;
  readonly values: string;
}

/** Lets promtool play the series to the alerts, and look at those that fire: at each time, these. */
export async function expectAlerts(
  path: string,
  interval: string,
  input_series: readonly Series[],
  firing: Readonly<Record<string, readonly string[]>>,
): Promise<void> {
  const promql_expr_test = Object.entries(firing).map(([eval_time, names]) => ({
    expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
    eval_time,
    exp_samples: names.map((name) => ({ labels: `{alertname="${name}"}`, value: 1 })),
  }));
  await expectSuccess(path, ['test', 'rules'], {
    rule_files: [RULES],
    evaluation_interval: interval,
    tests: [{ interval, input_series, promql_expr_test }],
  });
}
