import type { LockError } from '../../errors/lock-error.js';
import { shortenMiddle } from '../../text/cells.js';
import { jsonText } from '../../text/printable.js';
import { LiveArea } from '../live-area.js';
import type { ObserveOptions } from '../options.js';
import { print, printError } from '../output.js';
import type { Line } from '../style.js';
import type { Change } from './change-tracker.js';
import { details } from './details.js';
import type { LivePage } from './inspect/serve-page.js';
import type { Collection, Place } from './read-locks.js';
import { hintLines, table } from './table.js';
import { asJson, noLocks, placeName, sentence } from './words.js';

const KEPT_LINES = 200;
/** Of a name in a line about a change, so that what has changed can be seen, too. */
const NAME_PART = 1 / 3;

/** Where a watch tells what it sees. */
export interface Report {
  tell(change: Change): void;
  /** How things stand now. */
  show(locks: readonly Change[], looksAt: Place | Collection): void;
  /** @param error why nothing is known at present */
  trouble(text: string, error?: LockError): void;
  close(): void | Promise<void>;
}

export function plainReport({ json }: ObserveOptions): Report {
  const time = (): string => new Date().toISOString();
  let isEmpty = false;
  /** What to do about it is known by then. */
  const told = new Set<string>();
  return {
    tell: ({ place, judgement }) => {
      if (json) {
        print(jsonText({ time: time(), ...asJson(place, judgement) }));
        return;
      }
      print(`${time()} ${placeName(place)}: ${sentence(judgement)}`);
      for (const { code, text } of judgement.hints) {
        if (!told.has(code)) print(`${time()}   ! ${text}`);
        told.add(code);
      }
    },
    show: (locks, looksAt) => {
      if (locks.length === 0 && !isEmpty) printError(`${time()} ${noLocks(looksAt)}`);
      isEmpty = locks.length === 0;
    },
    trouble: (text) => printError(`${time()} ${text}`),
    close: () => undefined,
  };
}

/** How things stand, drawn anew each time, above the changes so far. */
export function liveReport(terminal: NodeJS.WriteStream): Report {
  const area = new LiveArea(terminal, () => draw());
  /** Made to fit when they are drawn. */
  const history: ((columns: number) => string)[] = [];
  let standing: readonly (string | Line)[] = [];
  const note = (text: (columns: number) => string): void => {
    const time = new Date().toISOString().slice(11, 19);
    history.push((columns) => `${time}  ${text(columns).split('\n')[0] ?? ''}`);
    history.splice(0, Math.max(0, history.length - KEPT_LINES));
  };
  const draw = (): void => {
    const lines = history.map((line) => line(area.columns));
    area.draw([...standing, '', 'Changes seen (Ctrl-C ends)', ...lines]);
  };
  return {
    tell: ({ place, judgement }) =>
      note((columns) => {
        const most = Math.floor(columns * NAME_PART);
        return `${shortenMiddle(placeName(place), most)}: ${sentence(judgement, most)}`;
      }),
    show: (locks, looksAt) => {
      const [only, ...more] = locks;
      // The last column stays free.
      const columns = area.columns - 1;
      if (only === undefined) standing = [noLocks(looksAt)];
      else if (more.length === 0) {
        standing = details(only.place, only.judgement, { columns, narrow: true });
      } else {
        const all = locks.map(({ place, judgement }) => [place, judgement] as const);
        const allNamespaces = looksAt.namespace === null;
        standing = [...table(all, { columns, allNamespaces }), ...hintLines(all, columns)];
      }
      draw();
    },
    trouble: (text) => {
      note(() => text);
      draw();
    },
    close: () => area.close(),
  };
}

/** Tells another report and the live page, too. */
export function withPage(report: Report, page: LivePage): Report {
  return {
    tell: (change) => {
      report.tell(change);
      page.see(change);
    },
    show: (locks, looksAt) => {
      report.show(locks, looksAt);
      for (const lock of locks) page.see(lock);
    },
    trouble: (text, error) => {
      report.trouble(text);
      if (error !== undefined) page.lose(error);
    },
    close: async () => {
      await report.close();
      await page.close();
    },
  };
}
