import { element, setText, vector } from './dom.js';
import { remainingAt } from './history.js';
import { delayText, seconds } from './words.js';

/** @import { Countdown } from '../wire.js' */
/** @import { Step } from './history.js' */
/** @import { Mood } from './nobody-leads.js' */

/** From the outside to the inside. */
const RADII = [52, 40, 28];
const ORDER = ['leaseDuration', 'renewDeadline', 'retryPeriod'];

/** Rings that run down, one inside the other, and bars for what else the chart waits for. */
export class Rings {
  constructor() {
    this.circles = new Map(ORDER.map((delay, index) => [delay, circle(delay, RADII[index] ?? 10)]));
    this.centre = vector('text', { x: 60, y: 60, class: 'centre' });
    const drawing = vector(
      'svg',
      { viewBox: '0 0 120 120', class: 'dial', 'aria-hidden': 'true' },
      ...[...this.circles.values()].map(({ group }) => group),
      this.centre,
    );
    this.legend = element('dl', { class: 'legend' });
    /** @type {Map<string, { title: HTMLElement, value: HTMLElement }>} */
    this.rows = new Map();
    this.root = element('div', { class: 'rings' });
    this.root.append(drawing, this.legend);
  }

  /**
   * @param {Step} step
   * @param {number} t
   * @param {Mood} mood
   */
  show(step, t, mood) {
    const { rings, waits, leads } = step.view;
    this.root.classList.toggle('endangered', mood === 'warning' || mood === 'trouble');
    const isRing = (/** @type {Countdown} */ { delay }) => ORDER.includes(delay);
    const others = waits.filter((wait) => !isRing(wait));
    for (const [delay, { group, hand }] of this.circles) {
      const ring = rings.find((one) => one.delay === delay);
      group.classList.toggle('absent', ring === undefined);
      const left = ring === undefined ? 0 : remainingAt(ring, step, t);
      const part = ring === undefined || ring.totalMs === 0 ? 0 : left / ring.totalMs;
      hand.style.strokeDashoffset = String(1 - part);
      hand.classList.toggle('out', part === 0);
      group.setAttribute('data-remaining', String(Math.round(left)));
      group.setAttribute('data-part', part.toFixed(3));
    }
    const first =
      rings.find(({ delay }) => delay === (leads ? 'renewDeadline' : 'leaseDuration')) ?? rings[0];
    setText(this.centre, first === undefined ? '–' : seconds(remainingAt(first, step, t)));
    this.#list([...rings, ...others], step, t);
  }

  /**
   * @param {readonly Countdown[]} countdowns
   * @param {Step} step
   * @param {number} t
   */
  #list(countdowns, step, t) {
    const names = countdowns.map(({ delay }) => delay);
    if (names.join() !== [...this.rows.keys()].join()) {
      this.rows = new Map(names.map((delay) => [delay, this.rows.get(delay) ?? legendRow(delay)]));
      const rows = [...this.rows.values()];
      this.legend.replaceChildren(...rows.flatMap(({ title, value }) => [title, value]));
    }
    for (const countdown of countdowns) {
      const row = this.rows.get(countdown.delay);
      if (row === undefined) continue;
      setText(row.title, delayText(countdown.delay, step.view));
      setText(row.value, seconds(remainingAt(countdown, step, t)));
    }
  }
}

/** @param {string} delay */
function legendRow(delay) {
  const title = element('dt', { 'data-delay': delay, title: delay });
  return { title, value: element('dd', { title: delay }) };
}

/**
 * @param {string} delay
 * @param {number} r
 */
function circle(delay, r) {
  const place = { cx: 60, cy: 60, r };
  const hand = vector('circle', { ...place, class: 'hand', pathLength: 1 });
  const track = vector('circle', { ...place, class: 'track' });
  return { hand, group: vector('g', { class: `ring ${delay}`, 'data-ring': delay }, track, hand) };
}
