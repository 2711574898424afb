// node eng/count-tests.mjs FOLDER PROJECT=EXITCODE...
// Adds up the counters of the projects' result files and prints them as the last line; before it the tests that failed, and the slowest
// ones. Exits with 1 unless every project ran tests and all of them passed.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const slowest = 10;
const [folder, ...projects] = process.argv.slice(2);
const sum = { passed: 0, failed: 0, skipped: 0 };
const tests = [];

// The attributes of an element of XML, in whatever order they are.
function attributesOf(element) {
  const entities = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
  const decoded = (text) => text.replace(/&(amp|lt|gt|quot|apos);/g, (_, name) => entities[name]);
  return Object.fromEntries([...element.matchAll(/([\w.]+)="([^"]*)"/g)].map(([, name, value]) => [name, decoded(value)]));
}

function secondsOf(duration) {
  const [hours, minutes, seconds] = (duration ?? "0:0:0").split(":").map(Number);
  return hours * 3600 + minutes * 60 + seconds;
}

for (const [name, exitCode] of projects.map((project) => project.split("="))) {
  const file = join(folder, `${name}.trx`);
  const results = existsSync(file) ? readFileSync(file, "utf8") : "";
  const counters = /<Counters ([^>]*)\/?>/.exec(results)?.[1];
  const count = (counter) => Number(new RegExp(`\\b${counter}="(\\d+)"`).exec(counters ?? "")?.[1] ?? NaN);
  const [total, executed, passed] = ["total", "executed", "passed"].map(count);
  if (!(total > 0)) {
    console.error(`test.sh: ${name} counts no test.`);
    sum.failed += 1;
    continue;
  }

  const failed = executed - passed; // Failed, timed out, aborted: whatever ran and did not pass.
  sum.passed += passed;
  sum.failed += failed;
  sum.skipped += total - executed;
  for (const [, element] of results.matchAll(/<UnitTestResult ([^>]*)>/g)) {
    const test = attributesOf(element);
    tests.push({ project: name, name: test.testName, seconds: secondsOf(test.duration), hasFailed: !["Passed", "NotExecuted"].includes(test.outcome) });
  }

  // A test host that dies leaves the counters of the tests before, all passed; only the exit code tells.
  if (failed === 0 && exitCode !== "0") {
    console.error(`test.sh: the run of ${name} ended with exit code ${exitCode}, though no test that it counts failed.`);
    sum.failed += 1;
  }
}

const described = ({ project, name }) => `${project} ${name.replace(/^(Sluice\.)+/, "")}`;
for (const test of tests.filter((one) => one.hasFailed)) {
  console.log(`failed: ${described(test)}`);
}

console.log("The slowest tests:");
for (const test of tests.sort((one, other) => other.seconds - one.seconds).slice(0, slowest)) {
  console.log(`${test.seconds.toFixed(1).padStart(7)} s  ${described(test).slice(0, 160)}`);
}

const skipped = sum.skipped > 0 ? `, ${sum.skipped} skipped` : "";
console.log(`${sum.passed} passed, ${sum.failed} failed${skipped}`);
process.exit(sum.failed === 0 && sum.passed > 0 ? 0 : 1);
