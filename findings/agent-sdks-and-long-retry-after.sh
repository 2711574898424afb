#!/usr/bin/env bash
# When four SDKs that agents are built with ask again after a 429 with Retry-After, for short and for long waits.
#
# Versions: openai 7.59.0, ai 7.0.173 with @ai-sdk/openai 4.0.118, @anthropic-ai/sdk 1.14.0, groq-sdk 1.6.0; Node 20 or newer.
# Expected: a client that honours Retry-After never asks again before the time that the server states, however long it is.
# Seen:     told 2 s, all four wait 2 s. Told 90 s, openai asks again after about 0.5 s and ai after about 2 s: above a minute
#           (openai: more than 60 s; ai: 60 s or more) they ignore the header and use their own backoff. The other two wait.
#           So the longer the server asks for, the sooner these two are back.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
cd -- "$folder"

npm init --yes >npm.log
npm install --silent --no-audit --no-fund openai@7.59.0 ai@7.0.173 @ai-sdk/openai@4.0.118 @anthropic-ai/sdk@1.14.0 groq-sdk@1.6.0 >>npm.log

cat >probe.mjs <<'JS'
import http from 'node:http';
import OpenAI from 'openai';
import Anthropic from '@anthropic-ai/sdk';
import Groq from 'groq-sdk';
import { generateText } from 'ai';
import { createOpenAI } from '@ai-sdk/openai';

const apiKey = 'example';
const messages = [{ role: 'user', content: 'hello' }];
const clients = {
  openai: (baseURL, signal) => new OpenAI({ apiKey, baseURL }).chat.completions.create({ model: 'm', messages }, { signal }),
  ai: (baseURL, signal) =>
    generateText({ model: createOpenAI({ apiKey, baseURL }).chat('m'), prompt: 'hello', abortSignal: signal }),
  anthropic: (baseURL, signal) =>
    new Anthropic({ apiKey, baseURL }).messages.create({ model: 'm', max_tokens: 1, messages }, { signal }),
  groq: (baseURL, signal) => new Groq({ apiKey, baseURL }).chat.completions.create({ model: 'm', messages }, { signal }),
};

// Seconds until the client asks again; null when it has not within the time.
async function secondsUntilRetry(call, retryAfter, patience) {
  const times = [];
  let report;
  const again = new Promise(done => { report = done; });
  const server = http.createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      times.push(performance.now());
      response.writeHead(429, { 'retry-after': retryAfter, 'content-type': 'application/json' });
      response.end('{"error":{"message":"slow down","type":"rate_limit_error"}}');
      if (times.length === 2) {
        report((times[1] - times[0]) / 1000);
      }
    });
  });
  await new Promise(done => server.listen(0, '127.0.0.1', done));
  const abort = new AbortController();
  const timer = setTimeout(() => report(null), patience * 1000);
  const ended = call(`http://127.0.0.1:${server.address().port}`, abort.signal).then(() => 'ok', error => error);
  const seconds = await again;
  clearTimeout(timer);
  abort.abort();
  server.closeAllConnections();
  server.close();
  await ended;
  return seconds;
}

const early = new Set(['openai', 'ai']);
let asStated = true;
for (const [name, call] of Object.entries(clients)) {
  const short = await secondsUntilRetry(call, 2, 20);
  const long = await secondsUntilRetry(call, 90, 15);
  const text = seconds => (seconds === null ? 'not within 15 s' : `after ${seconds.toFixed(1)} s`);
  console.log(`${name}: told 2 s, asks again ${text(short)}; told 90 s, asks again ${text(long)}`);
  asStated &&= short !== null && short >= 1.9 && (long !== null) === early.has(name);
}
process.exit(asStated ? 0 : 1);
JS
node probe.mjs
