/* global document */
import { byId, element, keepChildren, setText } from './dom.js';
import { headlines } from './headline.js';
import { seconds } from './words.js';

/** @import { Candidate } from './history.js' */
/** @import { LockHeadline } from './headline.js' */

const NAME = 'Leader election';

/** What is the case, in one sentence for each lock, and in the title of the page. */
export class Banner {
  constructor() {
    this.root = byId('headlines');
    this.spoken = byId('spoken');
    /** @type {Map<string, { root: HTMLElement, text: HTMLElement, more: HTMLElement }>} */
    this.lines = new Map();
  }

  /**
   * @param {readonly Candidate[]} candidates
   * @param {number} t
   * @param {number | null} lostMs for how long nothing comes from the program; null: all is well
   */
  show(candidates, t, lostMs) {
    const all = headlines(candidates, t);
    const shown = lostMs === null ? all : [outOfTouch(lostMs), ...all];
    keepChildren(
      this.root,
      shown.map((one) => this.#line(one, shown.length > 1)),
    );
    for (const key of this.lines.keys()) {
      if (!shown.some(({ lock }) => lock === key)) this.lines.delete(key);
    }
    const [worst] = shown;
    document.title = worst === undefined ? `${NAME}, live` : `${worst.title} · ${NAME}`;
    // Those who hear the page are told what is new, and not each tenth of a second.
    const key = shown.map((one) => `${one.lock} ${one.key}`).join();
    if (this.spoken.dataset['key'] === key) return;
    this.spoken.dataset['key'] = key;
    setText(this.spoken, shown.map(({ text }) => text).join('. '));
  }

  /**
   * @param {LockHeadline} headline
   * @param {boolean} isOneOfMany
   */
  #line({ lock, mood, text, more }, isOneOfMany) {
    let line = this.lines.get(lock);
    if (line === undefined) {
      const parts = { text: element('strong'), more: element('span', { class: 'more' }) };
      line = { root: element('p', {}, parts.text, parts.more), ...parts };
      this.lines.set(lock, line);
    }
    line.root.className = `headline ${mood}`;
    setText(line.text, isOneOfMany && lock !== '' ? `${lock}: ${text}` : text);
    setText(line.more, more);
    return line.root;
  }
}

/**
 * @param {number} ms
 * @returns {LockHeadline}
 */
function outOfTouch(ms) {
  return {
    lock: '',
    key: 'out of touch',
    mood: 'warning',
    text: `Nothing comes from the program that serves this page, for ${seconds(ms)}`,
    more: 'It has ended, or cannot be reached. What follows is what was known before.',
    title: 'Out of touch',
  };
}
