import { byId, element } from './dom.js';
import { silentFor, stepAt, termsUntil } from './history.js';
import { newsText, reasonText } from './words.js';

/** @import { Candidate, History } from './history.js' */

/** A lane for each candidate, with its terms. */
export class Timeline {
  /** @param {(t: number) => void} jump */
  constructor(jump) {
    this.lanes = byId('lanes');
    this.span = byId('span');
    this.window = { from: 0, to: 1 };
    this.lanes.addEventListener('click', (/** @type {MouseEvent} */ event) => {
      const track = /** @type {Element} */ (event.target).closest('.track-area');
      if (track === null) return;
      const { left, width } = track.getBoundingClientRect();
      const { from, to } = this.window;
      jump(from + ((event.clientX - left) / width) * (to - from));
    });
  }

  /**
   * @param {History} history
   * @param {number} now the present
   * @param {number} t the moment that is shown
   * @param {ReadonlyMap<string, string>} names
   */
  show(history, now, t, names) {
    const first = history.steps[0]?.t ?? now;
    const spanMs = Number(this.span.value) * 1000;
    const from = spanMs === 0 ? first - 500 : Math.max(Math.min(first - 500, t), now - spanMs);
    // A pause may look further back than the span.
    this.window = { from: Math.min(from, t, now - 5000), to: now };
    const lanes = history.candidates.map((candidate) => {
      const { name } = candidate.info;
      return this.#lane(candidate, now, t, names.get(name) ?? name);
    });
    this.lanes.replaceChildren(...lanes, this.#scale(now));
  }

  /**
   * @param {Candidate} candidate
   * @param {number} now
   * @param {number} t
   * @param {string} name
   */
  #lane(candidate, now, t, name) {
    const area = element('div', { class: 'track-area' });
    const born = candidate.steps[0]?.t ?? now;
    const end = candidate.goneAt ?? now;
    area.append(this.#bar('life', born, end));
    for (const term of termsUntil(candidate.steps, now)) {
      const to = term.to ?? Math.min(end, heldUntil(candidate, now));
      const what = candidate.info.source === 'cluster' ? 'transition' : 'token';
      const label = `${what} ${term.fencingToken}`;
      const why = term.endReason === null ? '' : `, ended: ${reasonText(term.endReason)}`;
      area.append(this.#bar('term', term.from, to, label, label + why));
    }
    for (const step of candidate.steps) {
      const bad = step.news.map(newsText).filter((news) => news?.tone === 'bad');
      if (bad.length === 0 || step.t < this.window.from) continue;
      const title = bad.map((news) => news?.text).join('; ');
      const tick = element('i', { class: 'tick', title });
      tick.style.left = `${this.#place(step.t)}%`;
      area.append(tick);
    }
    const cursor = element('i', { class: 'cursor' });
    cursor.style.left = `${this.#place(t)}%`;
    area.append(cursor);
    return element(
      'div',
      { class: `lane c${candidate.index % 8}` },
      element('span', { class: 'lane-name', title: candidate.info.name }, name),
      area,
    );
  }

  /** @param {number} now */
  #scale(now) {
    const { from } = this.window;
    const area = element('div', { class: 'scale' });
    for (const part of [0, 0.25, 0.5, 0.75, 1]) {
      const ago = ((now - from) / 1000) * (1 - part);
      area.append(element('span', {}, part === 1 ? 'now' : agoText(ago)));
    }
    return element('div', { class: 'lane last' }, element('span', { class: 'lane-name' }), area);
  }

  /**
   * @param {string} kind
   * @param {number} from
   * @param {number} to
   * @param {string} [label]
   * @param {string} [title]
   */
  #bar(kind, from, to, label = '', title = '') {
    const bar = element('div', { class: kind, title }, element('span', {}, label));
    const left = this.#place(from);
    bar.style.left = `${left}%`;
    bar.style.width = `${Math.max(0, this.#place(to) - left)}%`;
    return bar;
  }

  /** @param {number} t */
  #place(t) {
    const { from, to } = this.window;
    return Math.min(100, Math.max(0, ((t - from) / (to - from)) * 100));
  }
}

/**
 * A leader that has fallen silent leads until its renew deadline at most.
 *
 * @param {Candidate} candidate
 * @param {number} now
 */
function heldUntil(candidate, now) {
  const step = stepAt(candidate.steps, now);
  if (step === null || silentFor(candidate, now) === 0) return now;
  const deadline = step.view.rings.find(({ delay }) => delay === 'renewDeadline');
  return deadline === undefined ? now : Math.min(now, step.t + deadline.remainingMs);
}

/** @param {number} seconds */
function agoText(seconds) {
  if (seconds >= 90) return `−${(seconds / 60).toFixed(1)} min`;
  return `−${seconds.toFixed(seconds < 20 ? 1 : 0)} s`;
}
