// The era of sessions: 2025-03-26 to 2025-11-25.
import { randomUUID } from "node:crypto";
import { EventStream } from "./event-stream.mjs";
import { invalidParams, legacyVersions, McpError, methodNotFound, sendJson, serverInfo } from "./protocol.mjs";
import { findPrompt, listPrompts } from "./prompts.mjs";
import { read, resources, resourceTemplates } from "./resources.mjs";
import { findTool, listTools } from "./tools.mjs";

const levels = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];
const resourceNotFound = -32002;
const sessions = new Map();

/** Answers a message, or with none a GET or DELETE. */
export async function answerLegacy(request, response, message) {
  if (message?.method === "initialize") {
    return initialize(response, message);
  }

  const id = request.headers["mcp-session-id"];
  const session = sessions.get(id);
  if (session === undefined) {
    return response.writeHead(id === undefined ? 400 : 404).end();
  }

  const version = request.headers["mcp-protocol-version"] ?? session.version;
  if (!legacyVersions.includes(version)) {
    return response.writeHead(400).end();
  }

  switch (request.method) {
    case "GET":
      return resume(request, response, session);
    case "DELETE":
      sessions.delete(id);
      session.streams.forEach((stream) => stream.end());
      return response.writeHead(200).end();
    case "POST":
      return post(response, session, message);
    default:
      return response.writeHead(405, { Allow: "GET, POST, DELETE" }).end();
  }
}

function initialize(response, { id, params }) {
  const sessionId = randomUUID();
  const version = legacyVersions.includes(params?.protocolVersion) ? params.protocolVersion : legacyVersions[0];
  sessions.set(sessionId, {
    version,
    capabilities: params?.capabilities ?? {},
    level: "info",
    subscriptions: new Set(),
    streams: new Map(),
    waiting: new Map(),
    requests: 0,
  });
  const result = {
    protocolVersion: version,
    serverInfo,
    capabilities: {
      tools: { listChanged: true },
      prompts: { listChanged: true },
      resources: { subscribe: true, listChanged: true },
      logging: {},
      completions: {},
    },
  };
  sendJson(response, 200, { jsonrpc: "2.0", id, result }, { "Mcp-Session-Id": sessionId });
}

/** The stream on which the server speaks first, or one that its client lost. */
function resume(request, response, session) {
  const [streamId, after] = (request.headers["last-event-id"] ?? "").split("/");
  const stream = streamId === "" ? openStream(session) : session.streams.get(streamId);
  if (stream === undefined) {
    return response.writeHead(404).end();
  }

  stream.attach(response, { after: Number(after ?? 0) });
  response.flushHeaders();
}

function post(response, session, message) {
  if (message.method === undefined) {
    session.waiting.get(message.id)?.(message);
    session.waiting.delete(message.id);
    return response.writeHead(202).end();
  }

  if (message.id === undefined) {
    return response.writeHead(202).end();
  }

  const stream = openStream(session);
  stream.attach(response, { priming: session.version === "2025-11-25" });
  return answerRequest(session, stream, message);
}

async function answerRequest(session, stream, { id, method, params = {} }) {
  try {
    const result = await handle(session, stream, method, params);
    stream.send({ jsonrpc: "2.0", id, result });
  } catch (error) {
    const known = error instanceof McpError ? error : new McpError(-32603, error.message);
    stream.send(known.toMessage(id));
  }

  stream.end();
}

function handle(session, stream, method, params) {
  switch (method) {
    case "ping":
      return {};
    case "logging/setLevel":
      if (!levels.includes(params.level)) {
        throw new McpError(invalidParams, `No level '${params.level}'.`);
      }

      session.level = params.level;
      return {};
    case "tools/list":
      return { tools: listTools("legacy") };
    case "tools/call":
      return found(findTool("legacy", params.name), `tool '${params.name}'`)
        .call(params.arguments ?? {}, contextOf(session, stream, params));
    case "prompts/list":
      return { prompts: listPrompts(false) };
    case "prompts/get":
      return found(findPrompt(params.name, false), `prompt '${params.name}'`).get(params.arguments ?? {}, {});
    case "resources/list":
      return { resources };
    case "resources/templates/list":
      return { resourceTemplates };
    case "resources/read":
      return { contents: found(read(params.uri), `resource '${params.uri}'`, resourceNotFound, { uri: params.uri }) };
    case "resources/subscribe":
      session.subscriptions.add(params.uri);
      return {};
    case "resources/unsubscribe":
      session.subscriptions.delete(params.uri);
      return {};
    case "completion/complete":
      return { completion: { values: ["test"], total: 1, hasMore: false } };
    default:
      throw new McpError(methodNotFound, `No method '${method}'.`);
  }
}

function contextOf(session, stream, params) {
  const notify = (method, notification) => stream.send({ jsonrpc: "2.0", method, params: notification });
  return {
    log(level, data) {
      if (levels.indexOf(level) >= levels.indexOf(session.level)) {
        notify("notifications/message", { level, data });
      }
    },
    progress(progress, total) {
      const progressToken = params._meta?.progressToken;
      if (progressToken !== undefined) {
        notify("notifications/progress", { progressToken, progress, total });
      }
    },
    detach: () => stream.detach(),
    request: (request) => ask(session, stream, request),
  };
}

/** Sends a request to the client, on the stream of the call that needs its answer. */
async function ask(session, stream, { method, params }) {
  const capability = method.split("/")[0];
  if (!session.capabilities[capability]) {
    throw new McpError(invalidParams, `The client cannot do '${capability}'.`);
  }

  const id = `server-${++session.requests}`;
  const answer = new Promise((resolve) => session.waiting.set(id, resolve));
  stream.send({ jsonrpc: "2.0", id, method, params });
  const { result, error } = await answer;
  if (error !== undefined) {
    throw new McpError(error.code, error.message);
  }

  return result;
}

function openStream(session) {
  const id = `s${session.streams.size + 1}`;
  const stream = new EventStream(id);
  session.streams.set(id, stream);
  return stream;
}

function found(value, what, code = invalidParams, data = undefined) {
  if (value === undefined) {
    throw new McpError(code, `No ${what}.`, { data });
  }

  return value;
}
