export type { Observed } from './metrics/feed.js';
export { type OpenTelemetryOptions, registerMetrics } from './metrics/opentelemetry.js';
