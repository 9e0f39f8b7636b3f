import type { AnyStateNode } from 'xstate';
import type { LeaderElectionMachine } from '../../../machines/leader-election.js';

/** One transition of the chart, or one guarded branch of one. */
export interface ChartEdge {
  /** Source, event and guard, such as `releasing.writing error(release) if isFirstConflict`. */
  readonly key: string;
  /** The path of the source state from the root; empty for the root. */
  readonly path: readonly string[];
  /** The event as XState names it, or `always`. */
  readonly event: string;
  /** Which branch of that event's transitions it is. */
  readonly index: number;
  /** As `leaseLapsed`, or `not leaseLapsed`. */
  readonly guard: string | null;
  /** The path of the target; null for a transition that only acts. */
  readonly target: string | null;
}

interface Branch {
  readonly guard?: unknown;
  readonly target?: readonly { readonly path: readonly string[] }[] | undefined;
}

/** Every transition of every state node, as the machine itself understood its configuration. */
export function chartEdges(machine: LeaderElectionMachine): ChartEdge[] {
  const edges: ChartEdge[] = [];
  for (const node of stateNodes(machine)) {
    for (const [event, branches] of node.transitions) edges.push(...fan(node, event, branches));
    edges.push(...fan(node, 'always', node.always ?? []));
  }
  return edges;
}

/** Every state node, parents before their children. */
export function stateNodes(machine: LeaderElectionMachine): AnyStateNode[] {
  const inside = (node: AnyStateNode): AnyStateNode[] => [
    node,
    ...Object.values(node.states).flatMap(inside),
  ];
  return inside(machine.root);
}

function fan(node: AnyStateNode, event: string, branches: readonly Branch[]): ChartEdge[] {
  return branches.map((branch, index) => {
    const guard = branch.guard === undefined ? null : guardName(branch.guard);
    const condition = guard === null ? (index === 0 ? '' : 'else') : `if ${guard}`;
    return {
      key: [node.path.join('.') || 'root', eventName(event), condition].join(' ').trimEnd(),
      path: node.path,
      event,
      index,
      guard,
      target: branch.target?.map(({ path }) => path.join('.')).join(', ') ?? null,
    };
  });
}

function guardName(guard: unknown): string {
  if (typeof guard === 'string') return guard;
  // What XState's `not` returns.
  if (typeof guard === 'function') return `not ${negated(guard)}`;
  return (guard as { type: string }).type;
}

/** The guard that a negation denies. */
export function negated(not: unknown): string {
  return (not as { guards: readonly [string] }).guards[0];
}

/** `done(claim)`, `error(claim)`, `after(retryPeriod)`, `done`, `always`, or the event's own name. */
function eventName(event: string): string {
  const [, kind = '', of = '', name = ''] = /^xstate\.(\w+)(?:\.(\w+))?\.?(\w*)/.exec(event) ?? [];
  if (kind === 'after') return `after(${of})`;
  if (kind === 'done' && of === 'state') return 'done';
  if (kind !== '') return `${kind}(${name})`;
  return event;
}
