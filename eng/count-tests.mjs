// node eng/count-tests.mjs FOLDER PROJECT=EXITCODE...
// Adds up the counters of the projects' result files and prints them as the last line. Exits with 1 unless every
// project ran tests and all of them passed.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [folder, ...projects] = process.argv.slice(2);
const sum = { passed: 0, failed: 0, skipped: 0 };
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

  // A test host that dies leaves the counters of the tests before, all passed; only the exit code tells.
  if (failed === 0 && exitCode !== "0") {
    console.error(`test.sh: the run of ${name} ended with exit code ${exitCode}, though no test that it counts failed.`);
    sum.failed += 1;
  }
}

const skipped = sum.skipped > 0 ? `, ${sum.skipped} skipped` : "";
console.log(`${sum.passed} passed, ${sum.failed} failed${skipped}`);
process.exit(sum.failed === 0 && sum.passed > 0 ? 0 : 1);
