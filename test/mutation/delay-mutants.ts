import * as delays from '../../machines/delays.js';
import { chartConfig, type Config } from '../model/support/chart-config.js';
import type { ChartMutant } from './chart-mutants.js';
import { node, nodesOf } from './places.js';

type Delay = keyof typeof delays;

const names = Object.keys(delays) as Delay[];

/** States that wait for another delay than theirs, and delays that are longer or shorter. */
export function delayMutants(): ChartMutant[] {
  return [...others(), ...changed()];
}

function others(): ChartMutant[] {
  return nodesOf(chartConfig()).flatMap(({ path, config }) => {
    const own = Object.keys(config['after'] ?? {});
    return own.flatMap((delay) =>
      names
        .filter((other) => !own.includes(other))
        .map((other) => ({
          kind: 'other delay' as const,
          where: path.join('.'),
          what: `waits for ${other} instead of ${delay}`,
          change: (root: Config) => {
            const after = node(root, path)['after'] as Config;
            after[other] = after[delay];
            delete after[delay];
          },
        })),
    );
  });
}

/** Only the timers change; guards that ask the clock go on asking for the right time. */
function changed(): ChartMutant[] {
  const changes: Record<string, (ms: number) => number> = {
    'twice as long': (ms) => ms * 2,
    'half as long': (ms) => ms / 2,
    '1 ms longer': (ms) => ms + 1,
    '1 ms shorter': (ms) => ms - 1,
  };
  return names.flatMap((name) =>
    Object.entries(changes).map(([what, change]) => ({
      kind: 'changed delay' as const,
      where: name,
      what,
      provide: (machine) =>
        machine.provide({ delays: { [name]: (args: never) => change(delays[name](args)) } }),
    })),
  ) satisfies ChartMutant[];
}
