import { byId, element, keepChildren, roam } from './dom.js';
import { clock, enteredSince, newsText, pathText } from './words.js';

/** @import { Candidate, History, Step } from './history.js' */

const ROWS = 150;

/** What happened, the latest first. */
export class Log {
  /** @param {(t: number) => void} jump */
  constructor(jump) {
    this.list = byId('entries');
    this.brief = byId('brief');
    this.jump = jump;
    this.key = '';
    /** @type {WeakMap<Step, HTMLElement>} */
    this.rows = new WeakMap();
    this.settle = roam(this.list, { item: 'button', before: 'ArrowUp', after: 'ArrowDown' });
  }

  /**
   * @param {History} history
   * @param {number} t
   */
  show(history, t) {
    const newsOnly = this.brief.checked;
    const until = history.steps.filter((step) => step.t <= t);
    const shown = until.filter((step) => !newsOnly || step.news.length > 0).slice(-ROWS);
    const key = `${newsOnly} ${shown.length} ${shown[0]?.t} ${shown.at(-1)?.t}`;
    if (key === this.key) return;
    this.key = key;
    const rows = shown.reverse().flatMap((step) => {
      const candidate = history.candidate(step.candidate);
      return candidate === null ? [] : [this.#row(candidate, step)];
    });
    keepChildren(this.list, rows);
    rows.forEach((row, index) => row.classList.toggle('latest', index === 0));
    this.settle();
  }

  /**
   * @param {Candidate} candidate
   * @param {Step} step
   */
  #row(candidate, step) {
    const made = this.rows.get(step) ?? this.#make(candidate, step);
    this.rows.set(step, made);
    return made;
  }

  /**
   * @param {Candidate} candidate
   * @param {Step} step
   */
  #make(candidate, step) {
    const before = candidate.steps[candidate.steps.indexOf(step) - 1] ?? null;
    const entered = enteredSince(before?.view ?? null, step.view);
    const to = entered.map(pathText).join(' + ');
    const news = step.news.flatMap((one) => newsText(one) ?? []);
    return element(
      'li',
      { class: `c${candidate.index % 8}` },
      element(
        'button',
        { title: 'Look at this moment', click: () => this.jump(step.t) },
        element('time', {}, clock(step.wallMs)),
        element('b', {}, candidate.info.name),
        element(
          'span',
          { class: 'what' },
          step.eventText,
          to === '' ? '' : ` → ${to}`,
          ...news.map(({ text, tone }) => element('span', { class: `news ${tone}` }, text)),
        ),
      ),
    );
  }
}
