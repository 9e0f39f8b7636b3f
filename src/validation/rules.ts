import type { NumberRules, Problems } from './validate.js';

/** What the value of an option must be. */
export interface Rule {
  /** In a few words, as the tables of the documents have it. */
  readonly description: string;
  /** Adds what is wrong with the value. */
  readonly check: (problems: Problems, field: string, value: unknown) => unknown;
}

/** One option of many. */
export interface Option<Value = unknown> {
  readonly rule: Rule;
  readonly isRequired: boolean;
  /** What it is when it is left out; null: nothing, or what is found out when it is needed. */
  readonly byDefault: Value | null;
}

/** A row for each option of `Options`, in the order in which they are told and checked. */
export type OptionTable<Options> = {
  readonly [Name in keyof Options]-?: Option<Exclude<Options[Name], undefined>>;
};

export function required(rule: Rule): Option<never> {
  return { rule, isRequired: true, byDefault: null };
}

export function optional(rule: Rule): Option<never>;
export function optional<Value>(
  rule: Rule,
  byDefault: Value,
): Option<Value> & { readonly byDefault: Value };
export function optional(rule: Rule, byDefault: unknown = null): Option {
  return { rule, isRequired: false, byDefault };
}

/**
 * Checks each option by its row; one that is undefined counts as left out. Returns which of them are
 * sound on their own, for rules between several: none when there are no options at all.
 *
 * @param field what they are called where that is not `options`
 * @param elsewhere what to say of names that have their place elsewhere
 */
export function checkOptions<Options>(
  problems: Problems,
  options: unknown,
  table: OptionTable<Options>,
  field?: string,
  elsewhere?: ReadonlyMap<string, string>,
): ReadonlySet<keyof Options> {
  const sound = new Set<keyof Options>();
  if (!problems.options(options, field)) return sound;
  problems.unknown(options, Object.keys(table), '', elsewhere);
  for (const [name, { rule, isRequired }] of Object.entries<Option>(table)) {
    const value = options[name];
    const before = problems.found.length;
    if (value !== undefined || isRequired) rule.check(problems, name, value);
    if (problems.found.length === before) sound.add(name as keyof Options);
  }
  return sound;
}

/** Timers hold 24 days at most; nobody wants to wait longer for a crashed leader's successor. */
export const MAX_SECONDS = 1_000_000;

export function seconds(rules: NumberRules & { readonly min: number }): Rule {
  return {
    description: `${rules.integer === true ? 'whole seconds' : 'seconds'}, at least ${rules.min}`,
    check: (problems, field, value) =>
      problems.number(field, value, { max: MAX_SECONDS, ...rules }),
  };
}

export const trueOrFalse: Rule = {
  description: '`true` or `false`',
  check: (problems, field, value) => problems.boolean(field, value),
};

export const aFunction: Rule = {
  description: 'a function',
  check: (problems, field, value) => problems.function(field, value),
};

export function oneOf(...names: readonly string[]): Rule {
  return {
    description: names.map((name) => `\`'${name}'\``).join(' or '),
    check: (problems, field, value) => problems.oneOf(field, value, names),
  };
}

/** @param what what it is recognised as by these methods */
export function withMethods(what: string, methods: readonly string[]): Rule {
  return {
    description: what,
    check: (problems, field, value) => problems.methods(field, value, what, methods),
  };
}
