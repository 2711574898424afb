// The era without sessions: 2026-07-28.
import { checkHeaders } from "./headers.mjs";
import {
  headerMismatch, invalidParams, McpError, methodNotFound, modernVersion, sendJson, serverInfo, supportedVersions,
  unsupportedVersion, legacyVersions,
} from "./protocol.mjs";
import { findPrompt, listPrompts } from "./prompts.mjs";
import { read, resources, resourceTemplates } from "./resources.mjs";
import { checkInputResponses } from "./rounds.mjs";
import { listen, publish } from "./subscriptions.mjs";
import { findTool, listTools } from "./tools.mjs";

const key = (name) => `io.modelcontextprotocol/${name}`;
const cacheable = { ttlMs: 0, cacheScope: "public" };

/** Whether a message is of this era: its header says so, or it names its version itself. */
export function isModern(request, message) {
  const version = request.headers["mcp-protocol-version"];
  return (version !== undefined && !legacyVersions.includes(version)) || message.params?._meta?.[key("protocolVersion")] !== undefined;
}

export async function answerModern(request, response, message) {
  if (message.id === undefined || message.method === undefined) {
    return response.writeHead(202).end();
  }

  const reply = new Reply(response, message.id);
  try {
    checkMeta(request, message);
    checkHeaders(request, message);
    if (message.method === "subscriptions/listen") {
      return listen(response, message);
    }

    reply.result(await handle(reply, message));
  } catch (error) {
    reply.error(error instanceof McpError ? error : new McpError(-32603, error.message, { status: 500 }));
  }
}

function checkMeta(request, { params }) {
  const meta = params?._meta;
  const version = meta?.[key("protocolVersion")];
  if (typeof version !== "string" || typeof meta[key("clientCapabilities")] !== "object") {
    throw new McpError(invalidParams, "_meta needs a protocolVersion and clientCapabilities.", { status: 400 });
  }

  if (request.headers["mcp-protocol-version"] !== version) {
    throw new McpError(headerMismatch, "MCP-Protocol-Version is not the body's version.", { status: 400 });
  }

  if (version !== modernVersion) {
    const data = { supported: supportedVersions, requested: version };
    throw new McpError(unsupportedVersion, `No version '${version}'.`, { status: 400, data });
  }
}

function handle(reply, { method, params }) {
  switch (method) {
    case "server/discover":
      return {
        ...cacheable,
        supportedVersions,
        capabilities: {
          tools: { listChanged: true },
          prompts: { listChanged: true },
          resources: {},
          completions: {},
        },
      };
    case "tools/list":
      return { ...cacheable, tools: listTools("modern") };
    case "tools/call":
      checkInputResponses(params);
      return found(findTool("modern", params.name), `tool '${params.name}'`)
        .call(params.arguments ?? {}, contextOf(reply, params));
    case "prompts/list":
      return { ...cacheable, prompts: listPrompts(true) };
    case "prompts/get":
      checkInputResponses(params);
      return found(findPrompt(params.name, true), `prompt '${params.name}'`).get(params.arguments ?? {}, params);
    case "resources/list":
      return { ...cacheable, resources };
    case "resources/templates/list":
      return { ...cacheable, resourceTemplates };
    case "resources/read":
      return { ...cacheable, contents: found(read(params.uri), `resource '${params.uri}'`, { uri: params.uri }) };
    case "completion/complete":
      return { completion: { values: ["test"], total: 1, hasMore: false } };
    default:
      throw new McpError(methodNotFound, `No method '${method}'.`, { status: 404 });
  }
}

function contextOf(reply, params) {
  const { _meta: meta, inputResponses, requestState } = params;
  return {
    inputResponses,
    requestState,
    clientCapabilities: meta[key("clientCapabilities")],
    publish,
    stream: () => reply.stream(),
    log(level, data) {
      if (meta[key("logLevel")] !== undefined) {
        reply.notify("notifications/message", { level, data });
      }
    },
    progress(progress, total) {
      if (meta.progressToken !== undefined) {
        reply.notify("notifications/progress", { progressToken: meta.progressToken, progress, total });
      }
    },
  };
}

function found(value, what, data = undefined) {
  if (value === undefined) {
    throw new McpError(invalidParams, `No ${what}.`, { data });
  }

  return value;
}

/** One answer: JSON, or a stream from the moment that something comes before it. */
class Reply {
  #response;
  #id;

  constructor(response, id) {
    this.#response = response;
    this.#id = id;
  }

  stream() {
    if (!this.#response.headersSent) {
      this.#response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-cache" });
      this.#response.flushHeaders();
    }
  }

  notify(method, params) {
    this.stream();
    this.#write({ jsonrpc: "2.0", method, params });
  }

  result(result) {
    this.#finish(200, {
      jsonrpc: "2.0",
      id: this.#id,
      result: { resultType: "complete", ...result, _meta: { [key("serverInfo")]: serverInfo, ...result._meta } },
    });
  }

  error(error) {
    this.#finish(error.status, error.toMessage(this.#id));
  }

  #finish(status, message) {
    if (!this.#response.headersSent) {
      return sendJson(this.#response, status, message);
    }

    this.#write(message);
    this.#response.end();
  }

  #write(message) {
    this.#response.write(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
  }
}
