// Adds up the counters of all result files and prints them as the last line. Exits with 1 unless every test passed.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [folder, broken] = process.argv.slice(2);
const sum = { passed: 0, failed: Number(broken), skipped: 0 };
for (const file of readdirSync(folder).filter((name) => name.endsWith(".trx"))) {
  const counters = /<Counters ([^>]*)\/?>/.exec(readFileSync(join(folder, file), "utf8"))?.[1];
  const count = (name) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(counters ?? "")?.[1] ?? NaN);
  const [total, executed, passed] = ["total", "executed", "passed"].map(count);
  if (!(total > 0)) {
    console.error(`test.sh: ${file} counts no test.`);
    sum.failed += 1;
    continue;
  }

  sum.passed += passed;
  sum.failed += executed - passed; // Failed, timed out, aborted: whatever ran and did not pass.
  sum.skipped += total - executed;
}

const skipped = sum.skipped > 0 ? `, ${sum.skipped} skipped` : "";
console.log(`${sum.passed} passed, ${sum.failed} failed${skipped}`);
process.exit(sum.failed === 0 && sum.passed > 0 ? 0 : 1);
