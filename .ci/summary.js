// Counts what the steps of a run came to, and ends with the one line that says it. Fails unless
// there were tests, all of them ran, and everything passed.
import { existsSync, readFileSync } from 'node:fs';

const total = { passed: 0, failed: 0, skipped: 0 };
const [resultsFile] = process.argv.slice(2);

console.log('');
for (const line of readFileSync(resultsFile, 'utf8').trim().split('\n')) {
  const [code, report, name] = line.split('\t');
  const tests = report === '-' ? { passed: 0, failed: 0, skipped: 0 } : count(report);
  // A crash, or an error outside of any test, shows in the exit code alone.
  if (code !== '0' && tests.failed === 0) tests.failed = 1;
  for (const kind of Object.keys(total)) total[kind] += tests[kind];
  console.log(`${tests.failed === 0 ? 'ok    ' : 'FAILED'}  ${name}`);
}

if (total.skipped > 0) console.log('Skipped tests are not allowed here.');
if (total.passed === 0) console.log('No test has passed.');
const skipped = total.skipped === 0 ? '' : `, ${total.skipped} skipped`;
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.passed > 0 && total.failed === 0 && total.skipped === 0 ? 0 : 1;

/** The tests in a report of vitest's. A report that is not there is a failure. */
function count(report) {
  if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0 };
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const file of JSON.parse(readFileSync(report, 'utf8')).testResults) {
    const statuses = file.assertionResults.map(({ status }) => status);
    for (const status of statuses) counts[status in counts ? status : 'skipped'] += 1;
    // A file that could not even be loaded has no tests to fail.
    if (file.status === 'failed' && !statuses.includes('failed')) counts.failed += 1;
    for (const { status, fullName } of file.assertionResults) {
      if (status !== 'passed') console.log(`${status}: ${fullName}`);
    }
  }
  return counts;
}
