import {
  checkOptions,
  optional,
  required,
  trueOrFalse,
  type OptionTable,
  type Rule,
} from '../validation/rules.js';
import { Problems } from '../validation/validate.js';
import { TOKEN, TOKEN_FORM } from './access.js';
import type { AttachOptions } from './attachments.js';
import type { InspectorOptions, ReportOptions } from './inspector.js';
import { isElectionActor } from './recorder.js';
import type { ReportAddress } from './report-target.js';
import type { StatelyOptions } from './stately.js';

/* What the calls of this entry take. Addresses hold tokens: of what is wrong with one, only the type is told. */

const aName: Rule = {
  description: 'text',
  check: (problems, field, name) => problems.string(field, name),
};

const aPort: Rule = {
  description: 'a port, or 0',
  check: (problems, field, port) =>
    problems.number(field, port, { integer: true, min: 0, max: 65_535 }),
};

const aNumberOfPages: Rule = {
  description: 'a whole number, at least 1',
  check: (problems, field, pages) => problems.number(field, pages, { integer: true, min: 1 }),
};

const aToken: Rule = {
  description: TOKEN_FORM,
  check(problems, field, token) {
    if (typeof token === 'string' && TOKEN.test(token)) return;
    problems.addHidden(field, `must be ${TOKEN_FORM}`, token);
  },
};

function anAddress(form: string, fits: (address: URL) => boolean): Rule {
  return {
    description: form,
    check(problems, field, url) {
      if (typeof url === 'string' && URL.canParse(url) && fits(new URL(url))) return;
      problems.addHidden(field, `must be ${form}`, url);
    },
  };
}

const aChart = anAddress(
  'the address of a live chart, such as http://127.0.0.1:PORT/TOKEN/',
  ({ protocol, username, password, search, hash }) =>
    /^https?:$/.test(protocol) && [username, password, search, hash].join('') === '',
);

const aViewer = anAddress(
  'the address of a viewer on this machine: ws://localhost:PORT',
  ({ protocol, hostname }) => protocol === 'ws:' && ['127.0.0.1', 'localhost'].includes(hostname),
);

const ATTACH = { name: optional(aName) } satisfies OptionTable<AttachOptions>;

const SERVER = {
  port: optional(aPort),
  host: optional(aName),
  token: optional(aToken),
  maxPages: optional(aNumberOfPages),
} satisfies OptionTable<InspectorOptions>;

const WAY = { token: optional(aToken), allowPlainHttp: optional(trueOrFalse) };
const ADDRESS = { url: required(aChart), ...WAY } satisfies OptionTable<ReportAddress>;
const REPORT = {
  report: required(aChart),
  ...WAY,
  ...ATTACH,
} satisfies OptionTable<ReportOptions>;
/** Here `report` stands so that it is found by who has misspelt it. */
const OWN = {
  ...SERVER,
  ...ATTACH,
  report: optional(aChart),
} satisfies OptionTable<OwnOptions>;

type OwnOptions = InspectorOptions & AttachOptions & Partial<Pick<ReportOptions, 'report'>>;

const STATELY = {
  url: optional(aViewer),
  port: optional(aPort),
  ...ATTACH,
} satisfies OptionTable<StatelyOptions>;

/** @throws {ConfigError} naming everything that is wrong; so do the others */
export function checkAttach(subject: unknown, options: unknown): void {
  check('attach()', (problems) => {
    checkSubject(problems, subject);
    checkOptions<AttachOptions>(problems, options, ATTACH);
  });
}

export function checkServer(options: unknown): void {
  check('startInspector()', (problems) => {
    const sound = checkOptions<InspectorOptions>(problems, options, SERVER);
    requireToken(problems, sound, options as InspectorOptions);
  });
}

export function checkConnect(options: unknown): void {
  check('connectInspector()', (problems) => {
    checkOptions<ReportAddress>(problems, options, ADDRESS);
  });
}

/** Of `inspectElection`, whichever of its two ways is meant. */
export function checkInspect(subject: unknown, options: unknown): void {
  check('inspectElection()', (problems) => {
    checkSubject(problems, subject);
    const { report } = (options ?? {}) as Partial<ReportOptions>;
    if (report !== undefined) checkOptions<ReportOptions>(problems, options, REPORT);
    else {
      const sound = checkOptions<OwnOptions>(problems, options, OWN);
      requireToken(problems, sound, options as InspectorOptions);
    }
  });
}

/** @param subject null: it is named later */
export function checkStately(subject: unknown, options: unknown): void {
  check('connectStately()', (problems) => {
    if (subject !== null) checkSubject(problems, subject);
    checkOptions<StatelyOptions>(problems, options, STATELY);
  });
}

function check(method: string, find: (problems: Problems) => void): void {
  const problems = new Problems(method);
  find(problems);
  problems.throwIfAny();
}

function checkSubject(problems: Problems, subject: unknown): void {
  const actor = (subject as { readonly actor?: unknown } | null | undefined)?.actor;
  if (isElectionActor(subject) || isElectionActor(actor)) return;
  const rule = 'must be a LeaderElection, or an actor of leaderElectionMachine';
  problems.addHidden('subject', rule, subject);
}

/** Who else may listen has to know it; a random one nobody else knows. */
function requireToken(
  problems: Problems,
  sound: ReadonlySet<string>,
  { host, token }: InspectorOptions,
): void {
  if (!sound.has('host') || !sound.has('token')) return;
  if (token !== undefined || isLocal(host)) return;
  const rule = 'must be given where host is: those who report have to know it';
  problems.add('token', rule, token);
}

/** Whether this machine alone shall be served. */
export function isLocal(host: string | undefined): boolean {
  return host === undefined || ['127.0.0.1', 'localhost'].includes(host);
}
