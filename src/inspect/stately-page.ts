import type { PageFile } from './inspector-server.js';

export const STATELY_ORIGIN = 'https://stately.ai';

/*
 * Stately's viewer takes messages from the page around it. This page passes on what it is told, to
 * that viewer and to no other site, once it has said that it is there.
 */

const HTML = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>Leader election in the Stately inspector</title>
    <link rel="stylesheet" href="style.css" />
    <script type="module" src="bridge.js"></script>
  </head>
  <body>
    <iframe id="viewer" title="Stately inspector"></iframe>
  </body>
</html>
`;

const STYLE = `html, body, iframe { width: 100%; height: 100%; margin: 0; border: 0; }
iframe { display: block; }
`;

const SCRIPT = `const viewer = document.getElementById('viewer');
const site = '${STATELY_ORIGIN}';
let waiting = [];
let isThere = false;
const flush = () => {
  if (!isThere) return;
  for (const message of waiting) viewer.contentWindow.postMessage(message, site);
  waiting = [];
};
window.addEventListener('message', ({ origin, source, data }) => {
  if (origin !== site || source !== viewer.contentWindow) return;
  if (data?.type !== '@statelyai.connected') return;
  isThere = true;
  flush();
});
// Not before somebody listens: it says only once that it is there.
viewer.src = site + '/inspect';
const stream = new EventSource('stream');
stream.addEventListener('open', () => {
  waiting = [];
});
stream.addEventListener('message', ({ data }) => {
  waiting.push(...JSON.parse(data));
  flush();
});
`;

export function statelyPage(): ReadonlyMap<string, PageFile> {
  return new Map([
    ['', { type: 'text/html; charset=utf-8', content: HTML }],
    ['style.css', { type: 'text/css; charset=utf-8', content: STYLE }],
    ['bridge.js', { type: 'text/javascript; charset=utf-8', content: SCRIPT }],
  ]);
}
