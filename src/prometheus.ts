export type { Observed } from './metrics/feed.js';
export { type PrometheusOptions, registerMetrics } from './metrics/prom-client.js';
