import { isWinston } from '../logging/message-first.js';
import type { Rule } from '../validation/rules.js';

/* Rules for options of an election that are like no others. */

export const aLock: Rule = {
  description: 'a lock',
  check(problems, field, lock) {
    const what = 'a lock, such as new LeaseLock({ name })';
    if (!problems.methods(field, lock, what, ['get', 'create', 'update'])) return;
    const { identity, description } = lock as { identity: unknown; description: unknown };
    if (problems.string(`${field}.identity`, identity)) {
      problems.require(
        !['undefined', 'null'].includes(identity) && identity.trim() !== '',
        `${field}.identity`,
        'must name this candidate, and differ from all others',
        identity,
      );
    }
    problems.string(`${field}.description`, description);
  },
};

export const workOrNull: Rule = {
  description: 'a function, or `null`',
  check(problems, field, work) {
    if (work === null || typeof work === 'function') return;
    problems.add(field, 'must be a function, or null to say that there is none', work);
  },
};

export const aLoggerOrFalse: Rule = {
  description: 'a logger, or `false`',
  check(problems, field, logger) {
    if (logger === false) return;
    const what = 'a logger such as pino, or false';
    const methods = ['debug', 'info', 'warn', 'error'];
    const fits = problems.methods(field, logger, what, methods);
    if (!fits || !isWinston(logger as object)) return;
    const rule =
      'must take (fields, message), as pino does: for winston, write messageFirst(logger)';
    problems.addHidden(field, rule, logger);
  },
};
