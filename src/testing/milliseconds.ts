import type { Rule } from '../validation/rules.js';

/** For options that say how long something real may take. */
export const milliseconds: Rule = {
  description: 'milliseconds, at least 1',
  check: (problems, field, value) => problems.number(field, value, { min: 1 }),
};
