import { byId, element, keepChildren, roam, setText } from './dom.js';
import { Figure } from './figures.js';
import { remainingAt, stepAt } from './history.js';
import { leavesOf, pathText, seconds } from './words.js';

/** @import { LiveChart } from '../live-chart.js' */
/** @import { Candidate, Step } from './history.js' */

/** The chart of the candidate that is chosen: one picture of it, and the state in words. */
export class ChartPanel {
  /** @param {LiveChart} chart */
  constructor(chart) {
    this.chart = chart;
    this.figures = chart.figures.map((drawing) => new Figure(drawing, chart));
    this.tabs = this.figures.map(({ drawing }, index) =>
      element(
        'button',
        {
          role: 'tab',
          id: `tab-${index}`,
          'aria-controls': 'figure',
          'data-figure': drawing.id,
          click: () => this.open(index),
        },
        drawing.title,
      ),
    );
    byId('figures').append(...this.tabs);
    for (const figure of this.figures) this.#linkInsides(figure);
    this.settle = roam(byId('figures'), {
      item: 'button',
      before: 'ArrowLeft',
      after: 'ArrowRight',
    });
    this.now = byId('now');
    /** @type {Map<string, HTMLDetailsElement>} */
    this.places = new Map();
    this.showsWays = true;
    this.frame = new Frame(byId('figure'));
    this.shown = 0;
    this.open(0);
  }

  /** @param {number} index */
  open(index) {
    this.shown = (index + this.figures.length) % this.figures.length;
    this.tabs.forEach((tab, at) => tab.setAttribute('aria-selected', String(at === this.shown)));
    byId('figure').setAttribute('aria-labelledby', `tab-${this.shown}`);
    byId('figure').replaceChildren(
      ...this.figures.slice(this.shown, this.shown + 1).map((f) => f.svg),
    );
    this.settle();
  }

  next() {
    this.open(this.shown + 1);
  }

  /**
   * @param {Candidate} candidate
   * @param {number} t
   */
  show(candidate, t) {
    const step = stepAt(candidate.steps, t);
    setText(byId('chart-title'), `Chart of ${candidate.info.name}`);
    byId('chart').className = `panel c${candidate.index % 8}`;
    this.figures[this.shown]?.show(candidate.steps, step, t);
    const active = new Set(step?.view.active ?? []);
    const named = step?.view.state ?? '';
    this.frame.follow(`${this.shown} ${candidate.info.id}`, [...active].join(), named);
    for (const tab of this.tabs) {
      tab.classList.toggle('inside', active.has(tab.dataset['figure'] ?? ''));
    }
    this.#describe(step, t);
  }

  /** A state that has more inside leads to the picture of it. */
  #linkInsides(/** @type {Figure} */ figure) {
    for (const [id, state] of figure.states) {
      const index = this.figures.findIndex(({ drawing }) => drawing.id === id);
      if (index < 0 || this.figures[index] === figure) continue;
      const open = () => this.open(index);
      state.classList.add('link');
      // Of an image, nothing inside is told to those who do not see it.
      figure.svg.setAttribute('role', 'group');
      state.setAttribute('tabindex', '0');
      state.setAttribute('role', 'button');
      state.setAttribute('aria-label', `Show the inside of ${id}`);
      state.addEventListener('click', open);
      state.addEventListener('keydown', (event) => {
        const { key } = /** @type {KeyboardEvent} */ (event);
        if (key === 'Enter') open();
      });
    }
  }

  /**
   * @param {Step | null} step
   * @param {number} t
   */
  #describe(step, t) {
    const active = step?.view.active ?? [];
    const key = active.join();
    if (this.now.dataset['key'] !== key) {
      this.now.dataset['key'] = key;
      const places = leavesOf(active).map((leaf) => this.#place(leaf, active));
      for (const place of places) place.open = this.showsWays;
      keepChildren(this.now, places);
    }
    for (const output of this.now.querySelectorAll('output')) {
      const delay = /** @type {HTMLElement} */ (output).dataset['delay'];
      const wait = step?.view.waits.find((one) => one.delay === delay);
      const left = wait === undefined || step === null ? '' : seconds(remainingAt(wait, step, t));
      setText(output, left === '' ? '' : `in ${left}`);
    }
  }

  /**
   * @param {string} leaf
   * @param {readonly string[]} active
   */
  #place(leaf, active) {
    const made = this.places.get(leaf) ?? this.#make(leaf, active);
    this.places.set(leaf, made);
    return made;
  }

  /**
   * @param {string} leaf
   * @param {readonly string[]} active
   */
  #make(leaf, active) {
    const around = active.filter((id) => leaf === id || leaf.startsWith(`${id}.`)).reverse();
    const ways = [...around, this.chart.root].flatMap((id) =>
      this.chart.transitions.filter(({ source, target }) => source === id && target !== null),
    );
    const state = this.chart.states.find(({ id }) => id === leaf);
    const summary = element('summary', {}, element('strong', {}, pathText(leaf)));
    summary.append(` ${state?.description ?? ''}`);
    const list = ways.length === 0 ? null : element('ul', {}, ...ways.map((way) => this.#way(way)));
    const made = /** @type {HTMLDetailsElement} */ (element('details', {}, summary, list));
    // Whoever closes one wants to see less of the next, too.
    summary.addEventListener('click', () => (this.showsWays = !made.open));
    return made;
  }

  /** @param {LiveChart['transitions'][number]} way */
  #way({ text, target, guard }) {
    const delay = /^after (\w+)/.exec(text)?.[1];
    const words = guard === null ? undefined : this.chart.guards[guard];
    return element(
      'li',
      { title: words ?? null },
      element('code', {}, text === '' ? 'at once' : text),
      ' → ',
      pathText(target ?? ''),
      ' ',
      delay === undefined ? null : element('output', { 'data-delay': delay }),
    );
  }
}

/** Where there is no room for the whole picture, what is lit is kept in sight. */
class Frame {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.picture = '';
    this.lit = '';
    /** Whoever has moved the picture wants to look elsewhere. */
    this.isHeld = false;
    for (const moved of ['wheel', 'touchmove', 'pointerdown', 'keydown']) {
      root.addEventListener(moved, () => (this.isHeld = true), { passive: true });
    }
  }

  /**
   * @param {string} picture which one of which candidate
   * @param {string} lit the states that are
   * @param {string} named the word for where the candidate stands
   */
  follow(picture, lit, named) {
    if (picture !== this.picture) this.isHeld = false;
    if (picture === this.picture && lit === this.lit) return;
    this.picture = picture;
    this.lit = lit;
    const states = [...this.root.querySelectorAll('.state.active')];
    const leaves = leavesOf(states.map((one) => one.getAttribute('data-state') ?? ''));
    // Of those that are lit side by side, the one that the candidate's state is called by.
    const wanted = leaves.find((id) => id.split('.').at(-1) === named) ?? leaves.at(-1);
    const state = states.find((one) => one.getAttribute('data-state') === wanted);
    if (this.isHeld || state === undefined) return;
    const { left, right } = this.root.getBoundingClientRect();
    const place = state.getBoundingClientRect();
    if (place.left >= left && place.right <= right) return;
    this.root.scrollLeft += (place.left + place.right - left - right) / 2;
  }
}
