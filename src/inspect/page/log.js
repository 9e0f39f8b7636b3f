import { byId, element } from './dom.js';
import { clock, leavesOf, newsText, pathText } from './words.js';

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
    this.list.replaceChildren(
      ...shown.reverse().map((step, index) => {
        const candidate = history.candidate(step.candidate);
        return candidate === null ? '' : this.#row(candidate, step, index === 0);
      }),
    );
  }

  /**
   * @param {Candidate} candidate
   * @param {Step} step
   * @param {boolean} isLatest
   */
  #row(candidate, step, isLatest) {
    const to = leavesOf(step.view.active).map(pathText).join(' + ');
    const news = step.news.flatMap((one) => newsText(one) ?? []);
    return element(
      'li',
      { class: `c${candidate.index % 8}${isLatest ? ' latest' : ''}` },
      element(
        'button',
        { title: 'Look at this moment', click: () => this.jump(step.t) },
        element('time', {}, clock(step.wallMs)),
        element('b', {}, candidate.info.name),
        element(
          'span',
          { class: 'what' },
          step.eventText,
          step.transitions.length === 0 ? '' : ` → ${to}`,
          ...news.map(({ text, tone }) => element('span', { class: `news ${tone}` }, text)),
        ),
      ),
    );
  }
}
