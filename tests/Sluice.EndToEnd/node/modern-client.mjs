// The TypeScript client of the modern era (@modelcontextprotocol/client), held to 2026-07-28: it falls back to no
// older version. Driven by steps: see driver.mjs.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { drive, readArguments } from './driver.mjs';

const { url, steps, requestInit } = readArguments();
const transport = new StreamableHTTPClientTransport(url, { requestInit });
const client = new Client(
  { name: 'sluice-modern-driver', version: '1.0.0' },
  { versionNegotiation: { mode: { pin: '2026-07-28' } } },
);

await drive(client, transport, steps, () => ({
  protocolVersion: client.getNegotiatedProtocolVersion(),
  server: client.getServerVersion()?.name,
}));
