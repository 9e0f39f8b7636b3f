import { describe, expect, it } from 'vitest';
import { makeLeaderElectionMachine } from '../../../machines/leader-election.js';
import { chartGraph, transitionText } from '../../../src/inspect/chart-graph.js';
import { chartEdges } from '../../model/support/chart-edges.js';
import { toyMachine } from './toy-machine.js';

describe('the graph of a chart', () => {
  const graph = chartGraph(toyMachine);

  it('has every state once, parents first, with what it says and runs', () => {
    expect(
      graph.states.map(({ id, parent, kind, initial }) => [id, parent, kind, initial]),
    ).toEqual([
      ['toy', null, 'compound', 'off'],
      ['off', 'toy', 'atomic', null],
      ['on', 'toy', 'compound', 'on.asking'],
      ['on.asking', 'on', 'atomic', null],
      ['on.checking', 'on', 'atomic', null],
      ['on.ok', 'on', 'final', null],
      ['done', 'toy', 'final', null],
    ]);
    expect(graph.states[1]).toMatchObject({ description: 'Waits.', tags: [], invokes: [] });
    expect(graph.states[2]).toMatchObject({ description: '', tags: ['busy'] });
    expect(graph.states[3]).toMatchObject({ invokes: ['ask'] });
  });

  it('has every transition in words: trigger, then guard; those without a target, too', () => {
    const words = graph.transitions.map((t) => [t.source, transitionText(t), t.target]);
    expect(words).toEqual([
      ['off', 'go [isReady]', 'on'],
      ['on', 'log', null],
      ['on', 'done', 'done'],
      ['on.asking', 'ask done', 'on.checking'],
      ['on.asking', 'ask failed', 'off'],
      ['on.asking', 'after patience [isLate]', 'on.asking'],
      ['on.checking', '[isReady]', 'on.ok'],
      ['on.checking', '', 'on.asking'],
    ]);
    expect(graph.transitions.find(({ target }) => target === null)?.actions).toEqual(['note']);
  });

  it('is plain data: it survives JSON unchanged', () => {
    expect(JSON.parse(JSON.stringify(graph))).toEqual(graph);
  });

  it('leaves out no transition of the election, and invents none', () => {
    const machine = makeLeaderElectionMachine();
    const drawn = chartGraph(machine).transitions.map(
      ({ source, event, target }) => `${source} ${event || 'always'} ${target}`,
    );
    const known = chartEdges(machine).map(
      ({ path, event, target }) => `${path.join('.') || 'leaderElection'} ${event} ${target}`,
    );
    expect(known.length).toBeGreaterThan(50);
    expect(drawn.sort()).toEqual(known.sort());
  });
});
