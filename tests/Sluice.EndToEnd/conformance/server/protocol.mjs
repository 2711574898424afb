// What both eras share: versions, errors, and how JSON goes out.
export const modernVersion = "2026-07-28";
export const legacyVersions = ["2025-11-25", "2025-06-18", "2025-03-26"];
export const supportedVersions = [modernVersion, ...legacyVersions];
export const serverInfo = { name: "sluice-conformance-fixture", version: "1.0.0" };

export const parseError = -32700;
export const methodNotFound = -32601;
export const invalidParams = -32602;
export const headerMismatch = -32020;
export const missingCapability = -32021;
export const unsupportedVersion = -32022;

/** An answer that is a JSON-RPC error; over HTTP it has the status, where its era gives errors one. */
export class McpError extends Error {
  constructor(code, message, { data, status = 200 } = {}) {
    super(message);
    this.code = code;
    this.data = data;
    this.status = status;
  }

  toMessage(id) {
    return { jsonrpc: "2.0", id, error: { code: this.code, message: this.message, data: this.data } };
  }
}

/** The refusal of something that is no message at all, so that there is no id to echo. */
export function invalidRequest(response, code, message) {
  sendJson(response, 400, { jsonrpc: "2.0", error: { code, message } });
}

export function sendJson(response, status, message, headers = {}) {
  response.writeHead(status, { "Content-Type": "application/json", ...headers }).end(JSON.stringify(message));
}
