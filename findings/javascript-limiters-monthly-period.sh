#!/usr/bin/env bash
# Limits with a period of a month in JavaScript limiters that keep their counts in memory.
#
# Versions: rate-limiter-flexible 11.4.0, express-rate-limit 8.7.5, hono-rate-limiter 0.5.4, p-throttle 8.1.1, Node 20.
# Expected: "2 calls in 30 days" admits 2 of 5 calls, or the library refuses the setting at construction.
# Seen:     all 5 calls pass. The period goes into setTimeout or setInterval, whose longest delay is 2^31 - 1 ms
#           (24.8 days). Node then uses 1 ms, so the count is forgotten at once. express-rate-limit prints an error and
#           goes on; the others print only Node's TimeoutOverflowWarning. With 12 days all four admit 2.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
cd -- "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --loglevel=error --save-exact \
  rate-limiter-flexible@11.4.0 express-rate-limit@8.7.5 express@5.3.0 hono-rate-limiter@0.5.4 hono@4 p-throttle@8.1.1 >/dev/null

cat >probe.mjs <<'JS'
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { rateLimit } from 'express-rate-limit';
import express from 'express';
import { rateLimiter } from 'hono-rate-limiter';
import { Hono } from 'hono';
import pThrottle from 'p-throttle';

const pause = ms => new Promise(resolve => setTimeout(resolve, ms));
console.error = () => {};

// How many of five calls, 20 ms apart, are admitted by a limit of 2.
async function count(call) {
  let admitted = 0;
  for (let i = 0; i < 5; i++) {
    if (await call()) admitted++;
    await pause(20);
  }
  return admitted;
}

const limiters = {
  async 'rate-limiter-flexible'(ms) {
    const limiter = new RateLimiterMemory({ points: 2, duration: ms / 1000 });
    return count(() => limiter.consume('caller').then(() => true, () => false));
  },
  async 'express-rate-limit'(ms) {
    const app = express();
    app.use(rateLimit({ windowMs: ms, limit: 2 }));
    app.get('/', (_, response) => response.send('ok'));
    const server = await new Promise(resolve => { const s = app.listen(0, '127.0.0.1', () => resolve(s)); });
    const admitted = await count(async () => (await fetch(`http://127.0.0.1:${server.address().port}/`)).status === 200);
    server.close();
    return admitted;
  },
  async 'hono-rate-limiter'(ms) {
    const app = new Hono();
    app.use(rateLimiter({ windowMs: ms, limit: 2, keyGenerator: () => 'caller' }));
    app.get('/', context => context.text('ok'));
    return count(async () => (await app.request('/')).status === 200);
  },
  async 'p-throttle'(ms) {
    let admitted = 0;
    const call = pThrottle({ limit: 2, interval: ms })(async () => { admitted++; });
    for (let i = 0; i < 5; i++) void call();
    await pause(300);
    return admitted;
  },
};

let asStated = true;
for (const [name, run] of Object.entries(limiters)) {
  const short = await run(12 * 86_400_000);
  const long = await run(30 * 86_400_000);
  console.log(`${name}: ${short} of 5 in 12 days, ${long} of 5 in 30 days (limit 2)`);
  asStated &&= short === 2 && long === 5;
}
process.exit(asStated ? 0 : 1);
JS
node --no-warnings probe.mjs && echo "as stated"
