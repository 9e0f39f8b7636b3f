import { element, setText } from './dom.js';
import { Figure } from './figures.js';
import { silentFor, stepAt } from './history.js';
import { Rings } from './rings.js';
import { lockText, mainLeafOf, pathText, reasonText, seconds } from './words.js';

/** @import { LiveChart } from '../live-chart.js' */
/** @import { RecordView } from '../wire.js' */
/** @import { Candidate, Step } from './history.js' */

/** One candidate: where it stands, what runs down, and the lock as it knows it. */
export class Card {
  /**
   * @param {Candidate} candidate
   * @param {LiveChart} chart
   * @param {(id: string) => void} choose
   */
  constructor(candidate, chart, choose) {
    const { info, index } = candidate;
    this.chart = chart;
    const small = chart.figures.find(({ id }) => id === 'small');
    this.figure = small === undefined ? null : new Figure(small, chart);
    this.rings = new Rings();
    this.state = element('span', { class: 'state-name', role: 'status' });
    this.says = element('p', { class: 'says' });
    this.facts = element('dl', { class: 'facts' });
    this.name = element('button', {
      class: 'name',
      title: `${info.identity}, process ${info.pid}: show in the chart`,
      click: () => choose(info.id),
    });
    const picture = element('div', { class: 'small' });
    if (this.figure !== null) picture.append(this.figure.svg);
    this.root = element(
      'article',
      {
        class: `card c${index % 8}`,
        'aria-label': info.name,
        'data-candidate': info.id,
        'data-name': info.name,
      },
      element('header', {}, this.name, this.state),
      this.says,
      element(
        'div',
        { class: 'columns' },
        picture,
        element('div', { class: 'side' }, this.rings.root, this.facts),
      ),
    );
  }

  /**
   * @param {Candidate} candidate
   * @param {number} t
   * @param {boolean} isChosen
   */
  show(candidate, t, isChosen) {
    const step = stepAt(candidate.steps, t);
    const silent = silentFor(candidate, t);
    const isOver = candidate.goneAt !== null && candidate.goneAt <= t;
    setText(this.name, candidate.info.name);
    this.root.classList.toggle('chosen', isChosen);
    this.root.classList.toggle('leads', step?.view.leads === true && silent === 0 && !isOver);
    this.root.classList.toggle('silent', silent > 0);
    this.root.classList.toggle('over', isOver);
    this.root.classList.toggle('unborn', step === null);
    this.name.setAttribute('aria-pressed', String(isChosen));
    this.figure?.show(candidate.steps, step, t);
    if (step === null) return;
    this.root.dataset['state'] = step.view.state;
    setText(this.state, step.view.state);
    setText(this.says, this.#sentence(step, silent, isOver));
    this.rings.show(step, t);
    this.#list(candidate, step);
  }

  /**
   * @param {Step} step
   * @param {number} silent
   * @param {boolean} isOver
   */
  #sentence({ view }, silent, isOver) {
    if (silent > 0) return `Nothing heard for ${seconds(silent)}: killed, frozen or cut off?`;
    if (isOver && view.status === 'active') return 'Not observed any more.';
    if (isOver) return `Over: ${reasonText(view.endReason ?? 'stopped')}.`;
    const leaf = mainLeafOf(view);
    const inside = leaf.includes('.') ? `${pathText(leaf)}: ` : '';
    return inside + (this.chart.states.find(({ id }) => id === leaf)?.description ?? '');
  }

  /**
   * @param {Candidate} candidate
   * @param {Step} step
   */
  #list({ info }, { view }) {
    const token = view.leads ? view.term?.fencingToken : undefined;
    const rows = [
      [info.lock, lockText(view)],
      ...(token === undefined ? [] : [['fencing token', token]]),
      ...recordRows(view.record),
      ...(view.version === null ? [] : [['version', view.version]]),
    ];
    const key = JSON.stringify(rows);
    if (this.facts.dataset['key'] === key) return;
    this.facts.dataset['key'] = key;
    this.facts.replaceChildren(
      ...rows.flatMap(([title = '', value = '', whole = value]) => [
        element('dt', {}, title),
        element('dd', { title: whole }, value),
      ]),
    );
  }
}

/**
 * @param {RecordView | null} record
 * @returns {string[][]}
 */
function recordRows(record) {
  if (record === null) return [];
  const { leaseDurationSeconds, acquireTime, renewTime, leaderTransitions } = record;
  return [
    ['lease', `${leaseDurationSeconds} s`],
    ['transitions', String(leaderTransitions)],
    ['acquired', timeOf(acquireTime), acquireTime],
    ['renewed', timeOf(renewTime), renewTime],
  ];
}

/**
 * The time in a record is another machine's, and is shown as it was written there.
 *
 * @param {string} stored
 */
function timeOf(stored) {
  const time = stored.replace(/^.*T/, '').replace(/(\.\d{3})\d*/, '$1');
  return time === '' ? 'unknown' : time.replace(/Z$/, '');
}
