// Headers that repeat what the body says, for proxies that route by them: both must say the same.
import { headerMismatch, McpError } from "./protocol.mjs";
import { findTool } from "./tools.mjs";

const base64 = /^=\?base64\?(.*)\?=$/;
const alphabet = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const names = { "tools/call": "name", "prompts/get": "name", "resources/read": "uri" };

/** @throws {McpError} A header is missing, is not valid, or says something else than the body. */
export function checkHeaders({ headers }, { method, params }) {
  check("Mcp-Method", headers["mcp-method"], method);
  const name = params?.[names[method]];
  if (name !== undefined) {
    check("Mcp-Name", decode(headers["mcp-name"]), name);
  }

  if (method === "tools/call") {
    checkArguments(headers, params);
  }
}

function checkArguments(headers, params) {
  const properties = findTool("modern", params.name)?.inputSchema?.properties ?? {};
  for (const [property, schema] of Object.entries(properties)) {
    const suffix = schema["x-mcp-header"];
    const value = params.arguments?.[property];
    if (suffix !== undefined && value !== undefined) {
      check(`Mcp-Param-${suffix}`, decode(headers[`mcp-param-${suffix.toLowerCase()}`]), String(value));
    }
  }
}

/** The text that a header stands for; undefined where it is not valid. */
function decode(header) {
  const encoded = base64.exec(header ?? "")?.[1];
  if (encoded === undefined) {
    return header;
  }

  return alphabet.test(encoded) ? Buffer.from(encoded, "base64").toString("utf8") : undefined;
}

function check(name, header, value) {
  if (header !== value) {
    throw new McpError(headerMismatch, `The header ${name} does not say what the body says.`, { status: 400 });
  }
}
