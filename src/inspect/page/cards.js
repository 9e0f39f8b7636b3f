import { STAGES, cardWords } from './card-words.js';
import { element, setText } from './dom.js';
import { Rings } from './rings.js';
import { ringLeft, standingOf } from './standing.js';
import { lockText } from './words.js';

/** @import { RecordView } from '../wire.js' */
/** @import { Candidate, Step } from './history.js' */

/** One candidate: what it does in words, what runs down, and the lock as it knows it. */
export class Card {
  /**
   * @param {Candidate} candidate
   * @param {(id: string) => void} choose
   */
  constructor({ info, index }, choose) {
    this.rings = new Rings();
    this.state = element('span', { class: 'state-name' });
    this.says = element('p', { class: 'says' });
    this.facts = element('dl', { class: 'facts' });
    this.name = element('button', {
      class: 'name',
      title:
        info.source === 'cluster'
          ? info.identity
          : `${info.identity}, process ${info.pid}: show in the chart`,
      click: () => choose(info.id),
    });
    // Where the cluster alone tells, nobody knows who waits and who stops.
    const stages = info.source === 'cluster' ? [] : STAGES;
    this.stages = stages.map((stage) => element('li', { 'data-stage': stage }, stage));
    this.root = element(
      'article',
      {
        class: `card c${index % 8}`,
        'aria-label': info.name,
        'data-candidate': info.id,
        'data-name': info.name,
      },
      element('header', {}, this.name, this.state),
      element('ol', { class: 'stages', 'aria-hidden': 'true' }, ...this.stages),
      this.says,
      element('div', { class: 'columns' }, this.rings.root, this.facts),
    );
  }

  /**
   * @param {Candidate} candidate
   * @param {number} t
   * @param {boolean} isChosen
   * @param {ReadonlyMap<string, string>} names
   */
  show(candidate, t, isChosen, names) {
    const standing = standingOf(candidate, t, names);
    setText(this.name, names.get(candidate.info.name) ?? candidate.info.name);
    this.name.setAttribute('aria-pressed', String(isChosen));
    this.root.classList.toggle('chosen', isChosen);
    this.root.classList.toggle('unborn', standing === null);
    this.root.classList.toggle('leads', standing != null && standing.claim !== null);
    if (standing === null) return;
    const { step, presence } = standing;
    this.root.dataset['presence'] = presence;
    this.root.dataset['state'] = step.view.state;
    const { state, stage, mood, text } = cardWords(standing, t, names);
    this.root.dataset['mood'] = mood;
    setText(this.state, state);
    setText(this.says, text);
    for (const item of this.stages) item.classList.toggle('now', item.dataset['stage'] === stage);
    this.rings.show(step, t, mood);
    this.#list(candidate, step, t);
  }

  /**
   * @param {Candidate} candidate
   * @param {Step} step
   * @param {number} t
   */
  #list({ info }, step, t) {
    const { view } = step;
    const isFromCluster = info.source === 'cluster';
    const isTold = view.leads && !isFromCluster;
    const token = isTold ? view.term?.fencingToken : undefined;
    const rows = [
      [info.lock, lockText(view, ringLeft(step, 'leaseDuration', t), isFromCluster)],
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
  const time = stored.replace(/^.*T/, '').replace(/(\.\d)\d*/, '$1');
  return time === '' ? 'unknown' : time.replace(/Z$/, '');
}
