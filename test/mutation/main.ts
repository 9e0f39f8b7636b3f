import { chartMutants, nameOf } from './chart-mutants.js';
import { equivalents, explanationOf } from './equivalents.js';
import { failing, judge, type Verdict } from './kill.js';

/*
 * Makes every small mistake in the chart that `chart-mutants.ts` knows of, and tells which of them
 * the tests notice:
 *
 *     npx tsx test/mutation/main.ts
 *
 * Exits with 1 if one goes unnoticed that `equivalents.ts` does not explain. A word after the command,
 * such as `releasing` or `guard`, tries only those that have it in their name or kind.
 */
const wanted = process.argv[2] ?? '';
const mutants = chartMutants().filter((mutant) =>
  [mutant.kind, nameOf(mutant)].some((text) => text.includes(wanted)),
);
const startedAt = performance.now();
const verdicts: Verdict[] = [];
const broken = await failing();
if (broken.length > 0) throw new Error(`These fail without a mistake: ${broken.join('; ')}`);
console.log('Survivors');
for (const mutant of mutants) {
  const verdict = await judge(mutant);
  verdicts.push(verdict);
  if (verdict.fate !== 'survived') continue;
  console.log(`  ${verdict.name}\n      ${explanationOf(verdict.name) ?? 'UNEXPLAINED'}`);
}

const judged = verdicts.filter(({ fate }) => fate !== 'refused');
const killed = judged.filter(({ fate }) => fate === 'killed');
const survivors = judged.filter(({ fate }) => fate === 'survived');

const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`;
console.log();
const kinds = [...new Set(judged.map(({ mutant }) => mutant.kind))];
for (const kind of kinds) {
  const all = judged.filter(({ mutant }) => mutant.kind === kind);
  const dead = all.filter(({ fate }) => fate === 'killed');
  const score = percent(dead.length, all.length).padStart(8);
  console.log(`${kind.padEnd(20)} ${String(all.length).padStart(5)} mutants ${score} killed`);
}

const names = survivors.map(({ name }) => name);
const stale = equivalents
  .flatMap((equivalent) => equivalent.mutants)
  .filter((pattern) => wanted === '' && !names.some((name) => pattern.test(name)));
for (const pattern of stale) console.log(`\nExplains no survivor: ${String(pattern)}`);

const unexplained = names.filter((name) => explanationOf(name) === undefined);
console.log(
  `\n${judged.length} mutants, ${killed.length} killed (${percent(killed.length, judged.length)}), ` +
    `${survivors.length} survived, ${unexplained.length} of them unexplained; ` +
    `${verdicts.length - judged.length} more that XState refuses; ` +
    `${((performance.now() - startedAt) / 1000).toFixed(0)} s`,
);
process.exitCode = unexplained.length + stale.length === 0 ? 0 : 1;
