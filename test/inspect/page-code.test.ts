import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { chartGraph } from '../../src/inspect/chart-graph.js';
import { LIVE_CHART } from '../../src/inspect/generated/live-chart.js';
import type { LiveChart } from '../../src/inspect/live-chart.js';
import { liveChart } from '../../src/inspect/live-figures.js';
import { toyMachine } from '../unit/inspect/toy-machine.js';

const FOLDER = fileURLToPath(new URL('../../src/inspect/page', import.meta.url));

describe('the scripts of the page', () => {
  // They run in a browser, whose types the rest of the package must not see.
  it('fit together, by their types', () => {
    const files = readdirSync(FOLDER).filter((name) => /\.[jt]s$/.test(name));
    const program = ts.createProgram(
      files.map((name) => join(FOLDER, name)),
      {
        strict: true,
        noEmit: true,
        allowJs: true,
        checkJs: true,
        skipLibCheck: true,
        noUncheckedIndexedAccess: true,
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.NodeNext,
        moduleResolution: ts.ModuleResolutionKind.NodeNext,
        lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
        types: [],
      },
    );
    const problems = ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
      const line = file?.getLineAndCharacterOfPosition(start ?? 0).line ?? 0;
      const text = ts.flattenDiagnosticMessageText(messageText, ' ');
      return `${file?.fileName.split('/').at(-1)}:${line + 1} ${text}`;
    });
    expect(files).toContain('main.js');
    expect(problems).toEqual([]);
  });
});

describe('the pictures of the live chart', () => {
  const drawn = JSON.parse(LIVE_CHART) as LiveChart;
  const insides = (chart: LiveChart) => chart.figures.map(({ id }) => id).slice(1);

  it('are the whole chart, and the inside of each state that is closed in it', async () => {
    const toy = await liveChart(chartGraph(toyMachine), { isReady: 'It is ready.' });
    expect(toy.figures.map(({ id }) => id)).toEqual(['whole', 'on']);
    expect(toy.guards).toEqual({ isReady: 'It is ready.' });
  });

  it('show every state and every transition that leads somewhere, in one or the other', () => {
    const { figures } = drawn;
    for (const { id } of drawn.states.filter(({ parent }) => parent !== null)) {
      const isShown = figures.some(({ svg }) => svg.includes(`data-state="${id}"`));
      expect(isShown, id).toBe(true);
    }
    const traced = new Set(
      figures.flatMap(({ arrows }) => arrows.flatMap(({ lines }) => Object.keys(lines))),
    );
    const leading = drawn.transitions.filter(({ target }) => target !== null);
    expect(leading.filter(({ id }) => !traced.has(id)).map(({ id, text }) => [id, text])).toEqual(
      [],
    );
    expect(insides(drawn)).toContain('participating.acquiring');
  });

  it('have a line of a label for each transition that has a text', () => {
    const lost = drawn.figures.flatMap(({ id, arrows }) =>
      arrows.flatMap(({ lines }) =>
        Object.entries(lines)
          .filter(([, line]) => line < 0)
          .map(([transition]) => [
            id,
            drawn.transitions.find((one) => one.id === transition)?.text,
          ]),
      ),
    );
    expect(lost.filter(([, text]) => text !== '')).toEqual([]);
  });
});
