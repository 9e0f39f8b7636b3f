/* global CSS, DOMParser, document */

/** @import { LiveChart, LiveFigure } from '../live-chart.js' */
/** @import { Step } from './history.js' */
import { lastStepWith } from './history.js';

/** How old a transition may be that is still marked as the last one of a picture. */
const TRACED_STEPS_MS = 60_000;

/** One drawing of the chart, that lights up. */
export class Figure {
  /**
   * @param {LiveFigure} drawing
   * @param {LiveChart} chart
   */
  constructor(drawing, chart) {
    this.drawing = drawing;
    const parsed = new DOMParser().parseFromString(drawing.svg, 'image/svg+xml');
    /** @type {SVGElement} */
    this.svg = /** @type {any} */ (document.importNode(parsed.documentElement, true));
    this.svg.style.maxWidth = `${drawing.width}px`;
    /** Arrow and line of its label, by the transition that it stands for. */
    this.places = new Map(
      drawing.arrows.flatMap(({ id, lines }) =>
        Object.entries(lines).map(([transition, line]) => [transition, { id, line }]),
      ),
    );
    /** @type {Map<string, Element>} */
    this.states = new Map();
    /** What stands in them is drawn apart, above the arrows. */
    this.texts = new Map(
      [...this.svg.querySelectorAll('[data-text]')].map((text) => [
        text.getAttribute('data-text') ?? '',
        text,
      ]),
    );
    for (const state of this.svg.querySelectorAll('[data-state]')) {
      const id = state.getAttribute('data-state') ?? '';
      this.states.set(id, state);
      const title = document.createElementNS('http://www.w3.org/2000/svg', 'title');
      title.textContent = chart.states.find((one) => one.id === id)?.description ?? '';
      state.append(title);
    }
    this.traced = '';
  }

  /**
   * Shows where a candidate stands at a time, and which transition of this picture was its last.
   *
   * @param {readonly Step[]} steps of that candidate
   * @param {Step | null} step its latest
   * @param {number} t
   */
  show(steps, step, t) {
    const active = new Set(step?.view.active ?? []);
    for (const [id, state] of this.states) {
      const isActive = active.has(id);
      if (state.classList.contains('active') === isActive) continue;
      state.classList.toggle('active', isActive);
      this.texts.get(id)?.classList.toggle('lit', isActive);
      if (isActive) state.setAttribute('aria-current', 'true');
      else state.removeAttribute('aria-current');
    }
    this.svg.classList.toggle('over', step !== null && step.view.status !== 'active');
    this.#trace(steps, t);
  }

  /**
   * @param {readonly Step[]} steps
   * @param {number} t
   */
  #trace(steps, t) {
    const last = lastStepWith(steps, t, (one) => one.transitions.some((id) => this.places.has(id)));
    const isRecent = last !== null && t - last.t < TRACED_STEPS_MS;
    const key = isRecent ? `${last.t} ${last.transitions.join()}` : '';
    if (key === this.traced) return;
    this.traced = key;
    for (const marked of this.svg.querySelectorAll('.traced')) marked.classList.remove('traced');
    for (const path of this.svg.querySelectorAll('[marker-end="url(#head-traced)"]')) {
      path.setAttribute('marker-end', 'url(#head)');
    }
    for (const id of isRecent ? last.transitions : []) {
      const place = this.places.get(id);
      if (place !== undefined) this.#mark(place);
    }
  }

  /** @param {{ id: string, line: number }} place */
  #mark({ id, line }) {
    const named = CSS.escape(id);
    const arrow = this.svg.querySelector(`[data-arrow="${named}"]`);
    arrow?.classList.add('traced');
    const path = arrow?.querySelector('path');
    path?.setAttribute('marker-end', 'url(#head-traced)');
    path?.setAttribute('pathLength', '1');
    this.svg.querySelector(`[data-label="${named}"]`)?.children[line]?.classList.add('traced');
  }
}
