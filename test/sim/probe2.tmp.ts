import { runSeed } from './run-seed.js';
const [t, ...seeds] = process.argv.slice(2).map(Number);
for (const seed of seeds) {
  const r = await runSeed({ seed, terms: t!, planted: {} });
  console.log(
    seed,
    r.violations.map((v: any) => v.rule + ': ' + v.what),
  );
  if (process.env['TL']) console.log(r.violations[0]?.timeline.join('\n'));
}
