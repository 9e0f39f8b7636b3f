import { assign } from 'xstate';
import * as updates from '../../machines/updates.js';
import { provide } from './plants/tools.js';
import { runSeed } from './run-seed.js';
let max = 0,
  dropped = 0;
const machine = provide({
  actions: {
    prepareRenewal: assign(({ context }: any) => {
      const { ownWrites = [], ...right } = updates.renewal(context) as any;
      max = Math.max(max, ownWrites.length);
      if (ownWrites.length > 8) dropped++;
      return { ...right, ownWrites: ownWrites.slice(-8) };
    }),
  },
});
const [a, b, t] = process.argv.slice(2).map(Number);
for (let seed = a!; seed <= b!; seed++) {
  max = 0;
  dropped = 0;
  const r = await runSeed({ seed, terms: t!, planted: { machine } } as any);
  if (max > 5 || dropped > 0 || r.violations.length)
    console.log(
      seed,
      'max',
      max,
      'dropped',
      dropped,
      r.scenario.pace,
      JSON.stringify(r.scenario.slots[0]!.timing),
      r.violations.map((v: any) => v.rule),
    );
}
