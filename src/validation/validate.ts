import { ConfigError, type ConfigProblem } from '../errors/config-error.js';
import { printType, printValue } from './print-value.js';
import { suggest } from './suggest.js';

export interface StringRules {
  readonly maxLength?: number;
  /** What the text must match, and how to say so. */
  readonly pattern?: { readonly regExp: RegExp; readonly rule: string };
}

export interface NumberRules {
  /** Whole numbers only. */
  readonly integer?: boolean;
  /** The smallest value allowed. */
  readonly min?: number;
  /** The largest value allowed. */
  readonly max?: number;
}

/**
 * Collects everything that is wrong with a set of options, so that one error can name it all.
 *
 * Every check returns whether the value passed (and narrows its type), so that rules between
 * several options are asked only of values that are sound on their own.
 */
export class Problems {
  readonly #subject: string;
  readonly #found: ConfigProblem[] = [];

  /** @param subject what the options are for, such as `LeaseLock`: the message begins with it. */
  constructor(subject: string) {
    this.#subject = subject;
  }

  get found(): readonly ConfigProblem[] {
    return this.#found;
  }

  /** Records one problem. The value is printed short, and an object by its type only. */
  add(field: string, rule: string, value: unknown): false {
    this.#found.push({ field, rule, value: printValue(value) });
    return false;
  }

  /** Like {@link add}, for a value that may itself be a secret: only its type is printed. */
  addHidden(field: string, rule: string, value: unknown): false {
    this.#found.push({ field, rule, value: printType(value) });
    return false;
  }

  /** For a rule between options: records the problem unless the condition holds. */
  require(condition: boolean, field: string, rule: string, value: unknown): boolean {
    return condition || this.add(field, rule, value);
  }

  /** @throws ConfigError naming every problem recorded so far, if there is any. */
  throwIfAny(): void {
    if (this.#found.length > 0) throw new ConfigError(this.#subject, this.#found);
  }

  /** An options object: not null, not an array, not a class of its own kind such as a Promise. */
  options(value: unknown, field = 'options'): value is Record<string, unknown> {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return true;
    return this.addHidden(field, 'must be an object', value);
  }

  /**
   * Refuses every option that is not known, and says which one was probably meant, or once which there are.
   *
   * @param elsewhere what to say of names that are looked for here and have their place elsewhere
   */
  unknown(
    options: object,
    known: readonly string[],
    prefix = '',
    elsewhere: ReadonlyMap<string, string> = new Map(),
  ): void {
    let isListed = false;
    for (const key of Object.keys(options)) {
      if (known.includes(key)) continue;
      const near = suggest(key, known);
      const list: string | null = isListed ? null : `is not one of ${known.join(', ')}`;
      const hint: string | null =
        elsewhere.get(key) ?? (near === null ? list : `did you mean ${near}?`);
      isListed ||= hint === list;
      this.addHidden(
        `${prefix}${key}`,
        `is not an option${hint === null ? '' : `: ${hint}`}`,
        (options as Record<string, unknown>)[key],
      );
    }
  }

  /** One of these names, of which the one that was probably meant is said. */
  known(field: string, value: unknown, names: readonly string[], what: string): value is string {
    if (typeof value !== 'string') return this.add(field, `must be ${what}`, value);
    if (names.includes(value)) return true;
    const near = suggest(value, names);
    const hint = near === null ? `it is not one of ${names.join(', ')}` : `did you mean ${near}?`;
    return this.add(field, `must be ${what}: ${hint}`, value);
  }

  string(field: string, value: unknown, rules: StringRules = {}): value is string {
    if (typeof value !== 'string') return this.add(field, 'must be a string', value);
    if (value === '') return this.add(field, 'must not be empty', value);
    if (rules.maxLength !== undefined && value.length > rules.maxLength) {
      const rule = `must be at most ${rules.maxLength} characters long`;
      return this.add(field, `${rule} (it has ${value.length})`, value);
    }
    if (rules.pattern !== undefined && !rules.pattern.regExp.test(value)) {
      return this.add(field, rules.pattern.rule, value);
    }
    return true;
  }

  number(field: string, value: unknown, rules: NumberRules = {}): value is number {
    const what = rules.integer === true ? 'a whole number' : 'a number';
    if (typeof value !== 'number') return this.add(field, `must be ${what}`, value);
    if (!Number.isFinite(value)) return this.add(field, `must be ${what}, and finite`, value);
    if (rules.integer === true && !Number.isInteger(value)) {
      return this.add(field, 'must be a whole number', value);
    }
    if (rules.min !== undefined && value < rules.min) {
      return this.add(field, `must be at least ${rules.min}`, value);
    }
    if (rules.max !== undefined && value > rules.max) {
      return this.add(field, `must be at most ${rules.max}`, value);
    }
    return true;
  }

  boolean(field: string, value: unknown): value is boolean {
    return typeof value === 'boolean' || this.add(field, 'must be true or false', value);
  }

  function(field: string, value: unknown): value is (...args: never[]) => unknown {
    return typeof value === 'function' || this.add(field, 'must be a function', value);
  }

  oneOf<T extends string>(field: string, value: unknown, allowed: readonly T[]): value is T {
    if ((allowed as readonly unknown[]).includes(value)) return true;
    const names = allowed.map((name) => JSON.stringify(name)).join(' or ');
    return this.add(field, `must be ${names}`, value);
  }

  /** An object that has these methods, for options that are recognised by what they can do. */
  methods(field: string, value: unknown, what: string, names: readonly string[]): boolean {
    const missing =
      typeof value === 'object' && value !== null
        ? names.filter((name) => typeof (value as Record<string, unknown>)[name] !== 'function')
        : names;
    if (missing.length === 0) return true;
    const detail =
      missing.length === names.length
        ? ''
        : ` (it has no ${missing.map((n) => `${n}()`).join(', ')})`;
    return this.addHidden(field, `must be ${what}${detail}`, value);
  }
}
