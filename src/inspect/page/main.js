/* global EventSource, document, matchMedia, window */
import { Banner } from './banner.js';
import { Card } from './cards.js';
import { ChartPanel } from './chart-panel.js';
import { byId, setText } from './dom.js';
import { History, lastAt, momentBeside } from './history.js';
import { Log } from './log.js';
import { labels, LONGEST_NAME } from './names.js';
import { Timeline } from './timeline.js';
import { clock } from './words.js';

/** @import { LiveChart } from '../live-chart.js' */
/** @import { PageMessage } from '../wire.js' */

/** The rings move this often. Ten times a second looks steady and costs little. */
const FRAME_MS = 100;

const history = new History();
/** @type {LiveChart} */
const chart = await (await fetch('chart.json')).json();
/** @type {Map<string, Card>} */
const cards = new Map();
const timeline = new Timeline(jump);
const log = new Log(jump);
const panel = new ChartPanel(chart);
const banner = new Banner();

/** The server's clock, less this page's. */
let offset = 0;
/** The moment that is shown; null for the present.
 * @type {number | null} */
let paused = null;
/** The candidate in the chart; null for the one that leads.
 * @type {string | null} */
let chosen = null;
/** Since when nothing comes from the server; null while it does.
 * @type {number | null} */
let lostAt = null;

function now() {
  return performance.now() + offset;
}

/** The moment that is shown. Of what nobody tells, nothing is made up: there the time stands still. */
function shownAt() {
  return paused ?? lostAt ?? now();
}

function names() {
  return labels(
    history.candidates.map(({ info }) => info),
    LONGEST_NAME,
  );
}

function listen() {
  const source = new EventSource('stream');
  let fresh = true;
  source.addEventListener('open', () => {
    fresh = true;
    lostAt = null;
    connection('live', 'live');
  });
  source.addEventListener('error', () => {
    lostAt ??= now();
    const isOver = source.readyState === EventSource.CLOSED;
    connection(isOver ? 'disconnected: load the page again' : 'reconnecting', 'bad');
  });
  source.addEventListener('message', ({ data }) => {
    /** @type {PageMessage} */
    const message = JSON.parse(data);
    const measured = message.now - performance.now();
    // Messages are only ever late: the least delayed one tells the time best.
    offset = fresh || message.reset ? measured : Math.max(offset, measured);
    fresh = false;
    history.apply(message);
    if (message.reports.length > 0) redraw();
  });
}

/**
 * @param {string} text
 * @param {string} look
 */
function connection(text, look) {
  setText(byId('connection'), text);
  byId('connection').className = `pill ${look}`;
}

/** @param {number | null} t */
function jump(t) {
  paused = t;
  redraw();
}

/** @param {1 | -1} by */
function step(by) {
  jump(momentBeside(history.steps, paused ?? Infinity, by));
}

function togglePause() {
  jump(paused === null ? now() : null);
}

/** @param {string} id */
function choose(id) {
  chosen = id;
  redraw();
}

function redraw() {
  const t = shownAt();
  const { candidates, steps } = history;
  const hasNone = candidates.length === 0;
  byId('empty').hidden = !hasNone;
  for (const id of ['timeline', 'chart', 'log']) byId(id).hidden = hasNone;
  document.body.dataset['candidates'] = candidates.length > 3 ? 'many' : String(candidates.length);
  document.body.classList.toggle('paused', paused !== null);
  setText(byId('pause'), paused === null ? '❚❚ Pause' : '● Go live');
  const scrubber = byId('scrubber');
  scrubber.max = String(Math.max(0, steps.length - 1));
  const at = paused === null ? steps.length - 1 : lastAt(steps, paused);
  scrubber.value = String(at);
  const shown = steps[at];
  setText(
    byId('moment'),
    shown === undefined ? '' : `${at + 1}/${steps.length} · ${clock(shown.wallMs)}`,
  );
  frame();
  timeline.show(history, lostAt ?? now(), t, names());
  log.show(history, t, names());
}

/** What moves by itself. */
function frame() {
  const t = shownAt();
  const focus = focused(t);
  const called = names();
  showBanner();
  for (const candidate of history.candidates) {
    let card = cards.get(candidate.info.id);
    if (card === undefined) {
      card = new Card(candidate, choose);
      cards.set(candidate.info.id, card);
      byId('candidates').append(card.root);
    }
    card.show(candidate, t, candidate.info.id === focus, called);
  }
  for (const [id, card] of cards) {
    if (history.candidate(id) !== null) continue;
    card.root.remove();
    cards.delete(id);
  }
  const candidate = focus === null ? null : history.candidate(focus);
  // Where the cluster alone tells, nothing is known of states.
  byId('chart').hidden = candidate === null || candidate.info.source === 'cluster';
  if (candidate !== null) panel.show(candidate, t);
}

function showBanner() {
  banner.show(history.candidates, shownAt(), lostAt === null ? null : now() - lostAt);
}

/**
 * The candidate that was chosen; else the one that leads, so that a take-over is not missed; else
 * the last one that did.
 *
 * @param {number} t
 */
function focused(t) {
  const { candidates, steps } = history;
  if (chosen !== null && history.candidate(chosen) !== null) return chosen;
  for (let at = lastAt(steps, t); at >= 0; at -= 1) {
    if (steps[at]?.view.leads === true) return steps[at]?.candidate ?? null;
  }
  return candidates[0]?.info.id ?? null;
}

function themes() {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const isDark = () => (localStorage.getItem('theme') ?? (system.matches ? 'dark' : '')) === 'dark';
  const apply = () => {
    const theme = localStorage.getItem('theme');
    if (theme === null) delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = theme;
    setText(byId('theme'), isDark() ? '☀ Light' : '☾ Dark');
  };
  byId('theme').addEventListener('click', () => {
    localStorage.setItem('theme', isDark() ? 'light' : 'dark');
    apply();
  });
  system.addEventListener('change', apply);
  apply();
}

/** @param {KeyboardEvent} event */
function key(event) {
  const isTyping = /** @type {Element} */ (event.target).matches('select, input[type=checkbox]');
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping) return;
  const { id, scrollWidth, clientWidth } = /** @type {Element} */ (event.target);
  // There they move the picture.
  if (id === 'figure' && scrollWidth > clientWidth && event.key.startsWith('Arrow')) return;
  const onButton = /** @type {Element} */ (event.target).matches('button, summary');
  const candidate = history.candidates[Number(event.key) - 1];
  if (event.key === ' ' && !onButton) togglePause();
  else if (event.key === 'ArrowLeft') step(-1);
  else if (event.key === 'ArrowRight') step(1);
  else if (event.key === 't') byId('theme').click();
  else if (event.key === 'c') panel.next();
  else if (event.key === '?') byId('keys').showModal();
  else if (candidate !== undefined) choose(candidate.info.id);
  else return;
  event.preventDefault();
}

byId('pause').addEventListener('click', togglePause);
byId('back').addEventListener('click', () => step(-1));
byId('forward').addEventListener('click', () => step(1));
byId('help').addEventListener('click', () => byId('keys').showModal());
byId('scrubber').addEventListener('input', (/** @type {any} */ { target }) => {
  jump(history.steps[Number(target.value)]?.t ?? null);
});
byId('span').addEventListener('change', redraw);
byId('every-step').addEventListener('change', redraw);
window.addEventListener('keydown', key);
themes();
redraw();
listen();
setInterval(() => {
  // The title is read while another page is in front, too.
  if (document.hidden) showBanner();
  else frame();
}, FRAME_MS);
setInterval(() => {
  if (!document.hidden && paused === null && lostAt === null) {
    timeline.show(history, now(), now(), names());
  }
}, 5 * FRAME_MS);
