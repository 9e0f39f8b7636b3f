import { byId, element, keepChildren, roam, setText } from './dom.js';
import { newsRows } from './news.js';
import { clock, enteredSince, newsText, pathText } from './words.js';

/** @import { Candidate, History, Step } from './history.js' */
/** @import { NewsRow } from './news.js' */

const ROWS = 150;

/** What happened, the latest first: the news, or each step with the states that it led to. */
export class Log {
  /** @param {(t: number) => void} jump */
  constructor(jump) {
    this.list = byId('entries');
    this.all = byId('every-step');
    this.jump = jump;
    this.key = '';
    /** The rows of steps, and those of news by the first step that they tell of.
     * @type {Record<'steps' | 'news', WeakMap<Step, HTMLElement>>} */
    this.rows = { steps: new WeakMap(), news: new WeakMap() };
    this.settle = roam(this.list, { item: 'button', before: 'ArrowUp', after: 'ArrowDown' });
  }

  /**
   * @param {History} history
   * @param {number} t
   * @param {ReadonlyMap<string, string>} names
   */
  show(history, t, names) {
    const kind = this.all.checked ? 'steps' : 'news';
    const told = kind === 'news' ? history.happenings : history.steps;
    const until = told.filter((step) => step.t <= t);
    const key = `${kind} ${until.length} ${until[0]?.t} ${until.at(-1)?.t} ${[...names.values()]}`;
    if (key === this.key) return;
    this.key = key;
    /** @type {NewsRow[]} */
    const all =
      kind === 'news'
        ? newsRows(until)
        : until.map((step) => ({ step, first: step, lines: linesOf(step) }));
    const rows = all
      .slice(-ROWS)
      .reverse()
      .flatMap((row) => {
        const candidate = history.candidate(row.step.candidate);
        return candidate === null ? [] : [this.#row(kind, candidate, row, names)];
      });
    keepChildren(this.list, rows);
    rows.forEach((row, index) => row.classList.toggle('latest', index === 0));
    this.settle();
  }

  /**
   * @param {'steps' | 'news'} kind
   * @param {Candidate} candidate
   * @param {NewsRow} row
   * @param {ReadonlyMap<string, string>} names
   */
  #row(kind, candidate, row, names) {
    const made = this.rows[kind].get(row.first) ?? this.#make(kind, candidate, row);
    this.rows[kind].set(row.first, made);
    const name = names.get(candidate.info.name) ?? candidate.info.name;
    const [time, called, news] = ['time', 'b', '.news'].map((one) => made.querySelector(one));
    if (time != null) setText(time, clock(row.step.wallMs));
    if (called != null) setText(called, name);
    made.dataset['t'] = String(row.step.t);
    // More renewals are folded into a row that stands already.
    if (kind === 'news' && row.first !== row.step && news != null) {
      setText(news, row.lines[0]?.text ?? '');
    }
    return made;
  }

  /**
   * @param {'steps' | 'news'} kind
   * @param {Candidate} candidate
   * @param {NewsRow} row
   */
  #make(kind, candidate, { first, lines }) {
    const what = kind === 'news' ? [] : [stepText(candidate, first)];
    const made = element(
      'li',
      { class: `c${candidate.index % 8}` },
      element(
        'button',
        { title: 'Look at this moment', click: () => this.jump(Number(made.dataset['t'])) },
        element('time'),
        element('b', { title: candidate.info.name }),
        element(
          'span',
          { class: 'what' },
          ...what,
          ...lines.map(({ text, tone }) => element('span', { class: `news ${tone}` }, text)),
        ),
      ),
    );
    return made;
  }
}

/** @param {Step} step */
function linesOf(step) {
  return step.news.flatMap((one) => newsText(one) ?? []);
}

/**
 * @param {Candidate} candidate
 * @param {Step} step
 */
function stepText(candidate, step) {
  const before = candidate.steps[candidate.steps.indexOf(step) - 1] ?? null;
  const to = enteredSince(before?.view ?? null, step.view)
    .map(pathText)
    .join(' + ');
  return to === '' ? step.eventText : `${step.eventText} → ${to}`;
}
