// node eng/report-tests.mjs RESULTS [--filtered] PROJECT=EXITCODE...
// Prints every failure that the projects' .trx files hold and a line per project, and writes the counts, which
// are the sums of the files' own counters, to RESULTS/counts.txt. Exits 1 unless everything passed.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [results, ...rest] = process.argv.slice(2);
const isFiltered = rest[0] === '--filtered';
const outcomes = rest.slice(isFiltered ? 1 : 0).map((pair) => pair.split('='));

const unescape = (text) =>
  text
    .replace(/&#x([0-9a-f]+);/gi, (_, digits) => String.fromCodePoint(parseInt(digits, 16)))
    .replace(/&#(\d+);/g, (_, digits) => String.fromCodePoint(Number(digits)))
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&apos;/g, "'")
    .replace(/&amp;/g, '&');

const attribute = (element, name) => unescape(element.match(new RegExp(`\\s${name}="([^"]*)"`))?.[1] ?? '');
const child = (element, name) => unescape(element.match(new RegExp(`<${name}>([^]*?)</${name}>`))?.[1] ?? '');

function readCounters(trx) {
  const counters = trx.match(/<Counters\s[^>]*>/)?.[0];
  if (counters === undefined) {
    return undefined;
  }

  const count = (name) => Number(attribute(counters, name) || 0);
  return {
    passed: count('passed'),
    failed: count('failed') + count('error') + count('timeout') + count('aborted'),
    skipped: count('total') - count('executed'), // the runner leaves 'notExecuted' at 0
    total: count('total'),
  };
}

function readFailures(trx) {
  const elements = trx.match(/<UnitTestResult\s[^>]*?(?:\/>|>[^]*?<\/UnitTestResult>)/g) ?? [];
  return elements
    .filter((element) => !['Passed', 'NotExecuted'].includes(attribute(element, 'outcome')))
    .map((element) => ({
      name: attribute(element, 'testName'),
      text: [child(element, 'Message'), child(element, 'StackTrace'), child(element, 'StdOut')],
    }));
}

function print(name, texts) {
  const text = texts.map((part) => part.replaceAll('\r', '').trimEnd()).filter((part) => part !== '').join('\n');
  console.log(`\nFAILED ${name}\n${text.replace(/^/gm, '  ')}`);
}

function readLog(project) {
  const path = join(results, `${project}.log`);
  return existsSync(path) ? readFileSync(path, 'utf8').slice(-8000) : '';
}

const sum = { passed: 0, failed: 0, skipped: 0 };
const lines = [];
for (const [project, exitCode] of outcomes) {
  const path = join(results, project, `${project}.trx`);
  const trx = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const counters = readCounters(trx) ?? { passed: 0, failed: 0, skipped: 0, total: 0 };
  for (const failure of readFailures(trx)) {
    print(failure.name, failure.text);
  }

  // A project that stopped half-way, or ran nothing at all, is a failure of its own.
  const isEmpty = counters.total === 0 && !isFiltered;
  if (counters.failed === 0 && (exitCode !== '0' || isEmpty)) {
    counters.failed = 1;
    print(`${project}: ${isEmpty ? 'no test ran' : `the run ended with exit code ${exitCode}`}`, [readLog(project)]);
  }

  lines.push(`${project}: ${counters.passed} passed, ${counters.failed} failed, ${counters.skipped} skipped`);
  sum.passed += counters.passed;
  sum.failed += counters.failed;
  sum.skipped += counters.skipped;
}

if (sum.passed + sum.failed + sum.skipped === 0) {
  print('no test ran', ['Does the filter match any test?']);
  sum.failed = 1;
}

console.log(`\n${lines.join('\n')}\n`);
const skipped = sum.skipped > 0 ? `, ${sum.skipped} skipped` : '';
writeFileSync(join(results, 'counts.txt'), `${sum.passed} passed, ${sum.failed} failed${skipped}\n`);
process.exitCode = sum.failed === 0 ? 0 : 1;
