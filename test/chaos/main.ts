import { parseArgs } from 'node:util';
import { ensureClientGoCandidate } from '../peers/client-go/build.js';
import { runChaos } from './run.js';

// The long run, by hand:
//   npx tsx test/chaos/main.ts --faults 200
//   npx tsx test/chaos/main.ts --faults 200 --peer client-go

const { values } = parseArgs({
  options: {
    faults: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    peer: { type: 'string', default: 'own' },
  },
});
const options = {
  seed: Number(values.seed),
  faults: Number(values.faults),
  log: (line: string) => {
    console.error(line);
  },
};
const result = await runChaos(
  values.peer === 'client-go'
    ? { ...options, program: [await ensureClientGoCandidate()] }
    : options,
);

const overlaps = result.groups.flatMap((group) => group.overlaps);
const tooLong = result.groups.flatMap((group) => group.tooLong);
const margins = result.groups.flatMap((group) => group.margins).sort((a, b) => a - b);
const seconds = (ms: number): string => (ms / 1000).toFixed(2);
console.log(`${values.peer}, seed ${values.seed}`);
console.log(`  ${options.faults} faults in ${result.minutes.toFixed(1)} min:`);
for (const [name, count] of Object.entries(result.faultsByName))
  console.log(`    ${name}: ${count}`);
console.log(`  reigns: ${result.groups.reduce((sum, { reigns }) => sum + reigns, 0)}`);
console.log(`  overlaps: ${overlaps.length}`);
for (const { first, second, ms } of overlaps) {
  console.log(`    ${seconds(ms)} s: ${first.who} and ${second.who}`);
}
console.log(`  vacancies longer than allowed: ${tooLong.length}`);
for (const { ms, boundMs, faults } of tooLong) {
  console.log(`    ${seconds(ms)} s (allowed ${seconds(boundMs)}): ${faults.join(', ')}`);
}
console.log(`  smallest margins between leaders: ${margins.slice(0, 8).map(seconds).join(', ')} s`);
process.exitCode = values.peer === 'own' && (overlaps.length > 0 || tooLong.length > 0) ? 1 : 0;
