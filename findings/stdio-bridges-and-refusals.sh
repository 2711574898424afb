#!/usr/bin/env bash
# What a stdio client sees of a rate limit refusal when a bridge connects it to an HTTP server.
#
# Versions: mcp-remote 0.15.1, supergateway 4.0.0 (--streamableHttp), MCP 2025-11-25, Node 20.
# Expected: the bridge passes the server's JSON-RPC error on: code 429 and data.retryAfterSeconds, whichever HTTP status
#           carried it.
# Seen:
#   mcp-remote,   error in HTTP 200: passed on unchanged.
#   mcp-remote,   error in HTTP 429: code -32001, which the TypeScript SDK uses for "request timed out"; no data; the
#                 server's whole answer is quoted inside the message.
#   supergateway, error in HTTP 200: code -32000, data kept, and the message begins "HTTP 429:", a status that HTTP
#                 never had.
#   supergateway, error in HTTP 429: code -32000, no data, the answer quoted inside the message.
# So only mcp-remote with the error in HTTP 200 lets a client read the wait.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
cd -- "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --loglevel=error --save-exact mcp-remote@0.15.1 supergateway@4.0.0 >/dev/null

cat >probe.mjs <<'JS'
import http from 'node:http';
import readline from 'node:readline';
import { spawn } from 'node:child_process';

// A server that refuses every call, with the JSON-RPC error in an answer of the given HTTP status.
function serve(status) {
  const server = http.createServer((request, response) => {
    let body = '';
    request.on('data', chunk => { body += chunk; });
    request.on('end', () => {
      if (request.method !== 'POST') return response.writeHead(405).end();
      const message = JSON.parse(body);
      if (message.id === undefined) return response.writeHead(202).end();
      const answer = (code, rest, headers = {}) => {
        response.writeHead(code, { 'content-type': 'application/json', ...headers });
        response.end(JSON.stringify({ jsonrpc: '2.0', id: message.id, ...rest }));
      };
      if (message.method === 'initialize') {
        return answer(200, { result: {
          protocolVersion: message.params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 't', version: '1' },
        } }, { 'mcp-session-id': 's1' });
      }
      const error = { code: 429, message: 'Rate limit exceeded', data: { retryAfterSeconds: 2 } };
      return answer(status, { error }, { 'retry-after': '2' });
    });
  });
  return new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve(server)));
}

// The error that a client of the bridge gets for its first call.
async function call(bridge, status) {
  const server = await serve(status);
  const child = spawn('node', bridge(`http://127.0.0.1:${server.address().port}/mcp`), {
    stdio: ['pipe', 'pipe', 'ignore'], env: { ...process.env, HOME: process.cwd() },
  });
  const waiting = new Map();
  readline.createInterface({ input: child.stdout }).on('line', line => {
    const message = JSON.parse(line);
    waiting.get(message.id)?.(message);
  });
  const send = message => child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  const ask = message => new Promise(resolve => { waiting.set(message.id, resolve); send(message); });
  await ask({ id: 0, method: 'initialize', params: {
    protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' },
  } });
  send({ method: 'notifications/initialized' });
  const { error } = await ask({ id: 1, method: 'tools/call', params: { name: 'echo', arguments: {} } });
  child.kill();
  server.close();
  server.closeAllConnections();
  return error;
}

const bridges = {
  'mcp-remote': url => ['node_modules/mcp-remote/dist/proxy.js', url, '--transport', 'http-only'],
  supergateway: url => ['node_modules/supergateway/dist/index.js', '--streamableHttp', url, '--logLevel', 'none'],
};
const stated = {
  'mcp-remote 200': e => e.code === 429 && e.data.retryAfterSeconds === 2,
  'mcp-remote 429': e => e.code === -32001 && e.data === undefined && e.message.includes('retryAfterSeconds'),
  'supergateway 200': e => e.code === -32000 && e.data.retryAfterSeconds === 2 && e.message.startsWith('HTTP 429:'),
  'supergateway 429': e => e.code === -32000 && e.data === undefined && e.message.includes('retryAfterSeconds'),
};
let asStated = true;
for (const [name, bridge] of Object.entries(bridges)) {
  for (const status of [200, 429]) {
    const error = await call(bridge, status);
    console.log(`${name}, HTTP ${status}: ${JSON.stringify(error)}`);
    asStated &&= stated[`${name} ${status}`](error);
  }
}
process.exit(asStated ? 0 : 1);
JS
timeout 120 node probe.mjs && echo "as stated"
