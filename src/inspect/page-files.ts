import { LIVE_CHART } from './generated/live-chart.js';
import { PAGE_SOURCES } from './generated/page-sources.js';
import type { PageFile } from './inspector-server.js';

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  js: 'text/javascript; charset=utf-8',
};

/** What the page consists of, by path below its address; the page itself by the empty path. */
export function pageFiles(): ReadonlyMap<string, PageFile> {
  const files = new Map<string, PageFile>();
  for (const [path, content] of Object.entries(PAGE_SOURCES)) {
    const type = TYPES[path.split('.').at(-1) ?? ''] ?? 'text/plain; charset=utf-8';
    files.set(path === 'index.html' ? '' : path, { type, content });
  }
  files.set('chart.json', { type: 'application/json; charset=utf-8', content: LIVE_CHART });
  return files;
}
