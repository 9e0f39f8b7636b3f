import { accessSync, constants, statSync } from 'node:fs';
import { Option, type Command } from 'commander';
import { MAX_SECONDS } from '../validation/rules.js';
import { UsageError } from './cli-error.js';
import { noteProblem, problemsOf } from './unknown-flags.js';

/** Each flag has a variable: `--lease-duration` is `K8S_LEADER_ELECTION_LEASE_DURATION`. */
export const ENV_PREFIX = 'K8S_LEADER_ELECTION_';

/** What a flag is when it is not given. */
interface Otherwise {
  readonly value?: string | number;
  /** In words, where it is found out when it is needed. */
  readonly words?: string;
}

/** A flag that its environment variable may stand for. Help and docs/cli.md are made of these. */
export function flag(flags: string, description: string, otherwise: Otherwise = {}): Option {
  const option = new Option(flags, description);
  return option.env(variableOf(option)).default(otherwise.value, otherwise.words);
}

/** As the line of a flag in the help has it. */
export function describeFlag(option: Option): string {
  const otherwise = defaultOf(option);
  return otherwise === null ? option.description : `${option.description} (default: ${otherwise})`;
}

/** In words; null where there is none. */
export function defaultOf({ defaultValue, defaultValueDescription }: Option): string | null {
  const value = defaultValueDescription ?? (defaultValue as string | number | undefined);
  return value === undefined ? null : String(value);
}

function variableOf(option: Option): string {
  return `${ENV_PREFIX}${option.name().toUpperCase().replaceAll('-', '_')}`;
}

const NO = ['0', 'false', 'no', 'off'];
const YES = ['1', 'true', 'yes', 'on'];

/**
 * Makes the environment say to the parser what people mean by it: an empty variable is none, and a
 * switch can be off. One that is neither on nor off is noted as a problem of the command.
 */
export function prepareEnvironment(command: Command, env: NodeJS.ProcessEnv): void {
  for (const option of command.options) {
    const variable = option.envVar;
    const value = variable === undefined ? undefined : env[variable];
    if (variable === undefined || value === undefined) continue;
    const isSwitch = option.isBoolean();
    if (value === '' || (isSwitch && NO.includes(value.toLowerCase()))) delete env[variable];
    else if (isSwitch && !YES.includes(value.toLowerCase())) {
      noteProblem(command, `${variable} must be true or false; received ${JSON.stringify(value)}`);
    }
  }
}

/** The values given to a command, read and checked one by one; the problems are told all at once. */
export class Inputs {
  readonly #command: Command;
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #problems: string[];

  constructor(command: Command) {
    this.#command = command;
    this.#values = command.opts();
    this.#problems = [...problemsOf(command)];
  }

  /** How the user named it: the flag, or the variable. `key` is as in `leaseDuration`. */
  nameOf(key: string): string {
    const option = this.#optionOf(key);
    const fromVariable = this.#command.getOptionValueSource(key) === 'env';
    return (fromVariable ? option?.envVar : option?.long) ?? key;
  }

  problem(text: string): void {
    this.#problems.push(text);
  }

  isOn(key: string): boolean {
    return this.#values[key] === true;
  }

  /**
   * Whether a switch is on, where it and another one contradict each other. A flag was meant for this
   * call, and counts more than a variable.
   */
  prevails(key: string, other: string): boolean {
    const [isOn, isContradicted] = [this.isOn(key), this.text(other) !== null];
    if (!isOn || !isContradicted) return isOn;
    const [source, otherSource] = [key, other].map((k) => this.#command.getOptionValueSource(k));
    if (source !== otherSource) return source === 'cli';
    const both = `${this.nameOf(key)} and ${this.nameOf(other)}`;
    this.problem(`${both} contradict each other: give one of them`);
    return true;
  }

  /** As it was given; null when it was not. */
  text(key: string): string | null {
    const value = this.#values[key];
    const isGiven = this.#command.getOptionValueSource(key) !== 'default';
    if (typeof value !== 'string' || !isGiven) return null;
    if (value === '') this.problem(`${this.nameOf(key)} must not be empty`);
    return value;
  }

  /** As it was given, or by default. For flags without a default, ask only if it was given. */
  seconds(key: string, min = 0): number {
    const fallback = Number(this.#optionOf(key)?.defaultValue ?? 0);
    const text = this.text(key);
    if (text === null || text === '') return fallback;
    const value = Number(text);
    if (!/^\d+(\.\d+)?$/.test(text)) {
      this.problem(`${this.nameOf(key)} must be a number of seconds; received ${quoted(text)}`);
      return fallback;
    }
    if (value < min || value > MAX_SECONDS) {
      const bound = value < min ? `at least ${min}` : `at most ${MAX_SECONDS}`;
      this.problem(`${this.nameOf(key)} must be ${bound}; received ${quoted(text)}`);
      return fallback;
    }
    return value;
  }

  /** One of these names, by default the first. */
  oneOf<T extends string>(key: string, known: readonly [T, ...T[]]): T {
    const [fallback] = known;
    const text = this.text(key);
    if (text === null || text === '') return fallback;
    const found = known.find((name) => name === text);
    if (found !== undefined) return found;
    this.problem(`${this.nameOf(key)} must be ${known.join(' or ')}; received ${quoted(text)}`);
    return fallback;
  }

  file(key: string): string | null {
    const file = this.text(key);
    if (file === null || file === '') return null;
    try {
      accessSync(file, constants.R_OK);
      if (!statSync(file).isFile()) this.problem(`${this.nameOf(key)} ${quoted(file)} is no file`);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const why = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code ?? 'no reason'})`;
      this.problem(`${this.nameOf(key)} ${quoted(file)} ${why}`);
    }
    return file;
  }

  #optionOf(key: string): Option | undefined {
    return this.#command.options.find((option) => option.attributeName() === key);
  }

  /** @throws {UsageError} with one line for each problem */
  done(): void {
    if (this.#problems.length > 0) throw new UsageError(this.#problems.join('\n'));
  }
}

export function quoted(value: string): string {
  return JSON.stringify(value);
}
