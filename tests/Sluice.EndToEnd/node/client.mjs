// Drives one MCP client through calls and prints, a line of JSON each, what its user sees.
// Arguments: sdk | client-legacy | client-modern, the server's URL, an API key or "", the calls as JSON, and "answers" for a client that
// can be asked: [{ "tool": "echo", "arguments": { "message": "hi" } }, { "list": true }, { "read": "demo://1" },
// { "list": true, "until": "a tool that comes later" },
// { "prompt": "greet", "arguments": {} }, { "complete": { "ref": { ... }, "argument": { ... } } }]
const [kind, url, key, calls, answers] = process.argv.slice(2);
const requestInit = key ? { headers: { Authorization: `Bearer ${key}` } } : undefined;
const capabilities = answers ? { sampling: {}, elicitation: {} } : {};
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
    const legacy = new Client(info, { capabilities });
    if (answers) {
      const { CreateMessageRequestSchema, ElicitRequestSchema } = await import("@modelcontextprotocol/sdk/types.js");
      legacy.setRequestHandler(CreateMessageRequestSchema, sample);
      legacy.setRequestHandler(ElicitRequestSchema, elicit);
    }

    await legacy.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }));
    return legacy;
  }

  const { Client, StreamableHTTPClientTransport } = await import("@modelcontextprotocol/client");
  const mode = kind === "client-modern" ? { pin: "2026-07-28" } : "legacy";
  const either = new Client(info, { capabilities, versionNegotiation: { mode } });
  if (answers) {
    either.setRequestHandler("sampling/createMessage", sample);
    either.setRequestHandler("elicitation/create", elicit);
  }

  await either.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }));
  return either;
}

async function sample({ params }) {
  return { model: "test", role: "assistant", content: { type: "text", text: `sampled: ${params.messages[0].content.text}` } };
}

async function elicit() {
  return { action: "decline" };
}

async function outcome(call) {
  try {
    if (call.read) {
      return { contents: (await client.readResource({ uri: call.read })).contents };
    }

    if (call.prompt) {
      return { messages: (await client.getPrompt({ name: call.prompt, arguments: call.arguments })).messages.length };
    }

    if (call.complete) {
      return { values: (await client.complete(call.complete)).completion.values };
    }

    const progress = [];
    const onprogress = ({ progress: done }) => progress.push(done);
    if (call.progress) {
      const asked = { name: call.progress, arguments: call.arguments };
      const result = kind === "sdk" ? await client.callTool(asked, undefined, { onprogress }) : await client.callTool(asked, { onprogress });
      return { text: result.content[0].text, progress };
    }

    const result = call.list ? await listUntil(call.until) : await client.callTool({ name: call.tool, arguments: call.arguments });
    return call.list
      ? { tools: result.tools.length }
      : { text: result.content[0].text, isError: result.isError ?? false, structured: result.structuredContent, meta: result._meta };
  } catch (error) {
    return { error: error.constructor.name, code: error.code, message: error.message, data: error.data };
  }
}

// The tools; where one is named, once it is among them.
async function listUntil(name) {
  for (;;) {
    const result = await client.listTools();
    if (name === undefined || result.tools.some((tool) => tool.name === name)) {
      return result;
    }

    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
  }
}

function print(value) {
  console.log(JSON.stringify(value));
}
