// The TypeScript SDK of the legacy era (@modelcontextprotocol/sdk), driven by steps: see driver.mjs.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { drive, readArguments } from './driver.mjs';

const { url, steps, requestInit } = readArguments();
const transport = new StreamableHTTPClientTransport(url, { requestInit });
const client = new Client({ name: 'sluice-legacy-driver', version: '1.0.0' });

await drive(client, transport, steps, () => ({
  protocolVersion: transport.protocolVersion,
  server: client.getServerVersion()?.name,
}));
