// Drives one MCP client through tools calls and prints, a line of JSON each, what its user sees.
// Arguments: sdk | client-legacy | client-modern, the server's URL, an API key or "", and the calls as JSON:
// [{ "tool": "echo", "arguments": { "message": "hi" } }, { "list": true }]
const [kind, url, key, calls] = process.argv.slice(2);
const requestInit = key ? { headers: { Authorization: `Bearer ${key}` } } : undefined;
const client = await connect();
print({ connected: true });
for (const call of JSON.parse(calls)) {
  print(await outcome(call));
}

await client.close();

async function connect() {
  const info = { name: "sluice-end-to-end", version: "1.0.0" };
  if (kind === "sdk") {
    const { Client } = await import("@modelcontextprotocol/sdk/client/index.js");
    const { StreamableHTTPClientTransport } = await import("@modelcontextprotocol/sdk/client/streamableHttp.js");
    const legacy = new Client(info);
    await legacy.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }));
    return legacy;
  }

  const { Client, StreamableHTTPClientTransport } = await import("@modelcontextprotocol/client");
  const mode = kind === "client-modern" ? { pin: "2026-07-28" } : "legacy";
  const either = new Client(info, { versionNegotiation: { mode } });
  await either.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }));
  return either;
}

async function outcome(call) {
  try {
    const result = call.list ? await client.listTools() : await client.callTool({ name: call.tool, arguments: call.arguments });
    return call.list
      ? { tools: result.tools.length }
      : { text: result.content[0].text, isError: result.isError ?? false, structured: result.structuredContent, meta: result._meta };
  } catch (error) {
    return { error: error.constructor.name, code: error.code, message: error.message, data: error.data };
  }
}

function print(value) {
  console.log(JSON.stringify(value));
}
