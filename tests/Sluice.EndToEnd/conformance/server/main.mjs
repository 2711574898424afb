// An MCP server of both protocol eras with the tools, prompts and resources that the conformance suite calls by name.
// Listens on a free port of this machine, or on PORT, and says where.
import { createServer } from "node:http";
import { answerLegacy } from "./legacy.mjs";
import { answerModern, isModern } from "./modern.mjs";
import { invalidRequest, parseError } from "./protocol.mjs";

const loopback = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

const server = createServer((request, response) => {
  answer(request, response).catch((error) => {
    console.error(error);
    response.destroy();
  });
});
server.listen(Number(process.env.PORT ?? 0), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}/mcp`);
});

async function answer(request, response) {
  const { origin, host } = request.headers;
  if (!loopback.test(host ?? "") || (origin !== undefined && !loopback.test(URL.canParse(origin) ? new URL(origin).host : ""))) {
    return response.writeHead(403).end("Only for this machine.");
  }

  if (request.url !== "/mcp") {
    return response.writeHead(404).end();
  }

  if (request.method !== "POST") {
    return answerLegacy(request, response, undefined);
  }

  let message;
  try {
    message = JSON.parse(await bodyOf(request));
  } catch {
    return invalidRequest(response, parseError, "Not JSON.");
  }

  if (typeof message !== "object" || message === null || Array.isArray(message) || message.jsonrpc !== "2.0") {
    return invalidRequest(response, -32600, "Not one JSON-RPC message.");
  }

  return isModern(request, message) ? answerModern(request, response, message) : answerLegacy(request, response, message);
}

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }

  return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
}
