// Reads bodies, one a line in base64, as a server on Node does, and prints for each what it takes the call for.
import { createInterface } from 'node:readline';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(utf8.decode(Buffer.from(line, 'base64')));
  const key = { 'tools/call': 'name', 'prompts/get': 'name', 'resources/read': 'uri' }[message.method];
  console.log(JSON.stringify([message.method ?? null, key ? message.params?.[key] ?? null : null, 'id' in message]));
}
