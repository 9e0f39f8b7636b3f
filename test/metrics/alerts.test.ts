import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { INSTRUMENTS } from '../../src/metrics/instruments.js';
import { quoted, ROOT, tableAfter } from '../docs/support/markdown.js';
import { describeWithPromtool } from './support/describe-with-promtool.js';
import { expectAlerts, expectSuccess, RULES } from './support/alerts.js';
import { promtool } from './support/promtool.js';

const DASHBOARD = join(ROOT, 'docs/prometheus/grafana-dashboard.json');

interface Dashboard {
  readonly templating: { readonly list: readonly { readonly name: string; query: string }[] };
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly description: string;
    readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>;
    readonly targets: readonly { readonly expr: string }[];
  }[];
}

const dashboard = JSON.parse(await readFile(DASHBOARD, 'utf8')) as Dashboard;
const queries = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
const rules = await readFile(RULES, 'utf8');

/** The series that there are, as they are asked for. */
const SERIES = new Set(
  INSTRUMENTS.flatMap(({ name, kind }) =>
    kind === 'histogram' ? ['bucket', 'sum', 'count'].map((part) => `${name}_${part}`) : [name],
  ),
);

const seriesIn = (text: string): string[] =>
  [...text.matchAll(/\b(?:k8s_)?leader_election_\w+/g)].map(([name]) => name);

describe('the dashboard', () => {
  it('asks for series that there are, and for something of every instrument', () => {
    const asked = queries.flatMap(seriesIn);
    expect(asked.filter((name) => !SERIES.has(name))).toEqual([]);
    const shown = INSTRUMENTS.filter(({ name }) => asked.some((one) => one.startsWith(name)));
    expect(shown.map(({ name }) => name)).toEqual(INSTRUMENTS.map(({ name }) => name));
    const list = dashboard.templating.list.find(({ name }) => name === 'name');
    expect(seriesIn(list?.query ?? '')).toEqual(['leader_election_master_status']);
  });

  it('says of each panel what it shows, and lays none over another', () => {
    const { panels } = dashboard;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)} ${y + Math.floor(at / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    for (const { title, description } of panels) expect(description, title).toMatch(/\.$/);
  });
});

describe('the alerts', () => {
  it('ask for series that there are', () => {
    const asked = seriesIn(rules.replace(/#.*/g, ''));
    expect(asked.length).toBeGreaterThan(9);
    expect(asked.filter((name) => !SERIES.has(name))).toEqual([]);
  });

  it('are those on the page', () => {
    const alerts = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
    const rows = tableAfter('docs/metrics.md', '| Alert ');
    expect(rows.flatMap(([name]) => quoted(name))).toEqual(alerts);
  });
});

describeWithPromtool('promtool', (path) => {
  it('finds the alerts in order', async () => {
    const { code, text } = await promtool(path, ['check', 'rules', '--lint-fatal', RULES]);
    expect(text).toContain('SUCCESS: 10 rules found');
    expect(code).toBe(0);
  });

  it('lets one alert fire, for an hour, when nobody is left, and none in a short gap', async () => {
    const pod = (name: string): string =>
      `leader_election_master_status{namespace="shop",name="orders",pod="${name}"}`;
    const series = [
      // Both end after 10 minutes; another one lives for 10 more, after a gap of 4.
      { series: pod('a'), values: '1x10 stale' },
      { series: pod('b'), values: '0x10 stale' },
      { series: pod('c'), values: '_x14 1x10 stale' },
    ];
    const at = (minutes: readonly number[], alerts: readonly string[]) =>
      Object.fromEntries(minutes.map((minute) => [`${minute}m`, alerts]));
    await expectAlerts(path, '1m', series, {
      ...at([5, 12, 14, 16, 24, 29, 90], []),
      ...at([31, 60, 80], ['LeaderElectionNobodyLeft']),
    });
  });

  it('can read every query of the dashboard', async () => {
    const rules = queries.map((expr, index) => ({ record: `query:${index}`, expr }));
    const groups = [{ name: 'dashboard', rules }];
    const text = await expectSuccess(path, ['check', 'rules'], { groups });
    expect(text).toContain(`SUCCESS: ${queries.length} rules found`);
  });
});
