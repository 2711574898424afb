// Calls that need several rounds: what clients send back is checked here.
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { invalidParams, McpError } from "./protocol.mjs";

const secret = randomBytes(32);

/** Whether the client answered a request; what it did not answer is asked again. */
export function isAnswered(inputResponses, key) {
  return inputResponses?.[key] !== undefined;
}

/** @throws {McpError} What came is not a map of results. */
export function checkInputResponses(params) {
  if (!("inputResponses" in params)) {
    return;
  }

  const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject(params.inputResponses) || !Object.values(params.inputResponses).every(isObject)) {
    throw new McpError(invalidParams, "inputResponses is not a map of results.", { status: 400 });
  }
}

/** State that clients carry and cannot change. */
export function seal(state) {
  const payload = Buffer.from(JSON.stringify(state)).toString("base64url");
  return `${payload}.${signature(payload)}`;
}

/** @throws {McpError} The state is not one that was sealed here. */
export function unseal(requestState) {
  const [payload = "", signed = "", ...more] = String(requestState).split(".");
  const given = Buffer.from(signed);
  const expected = Buffer.from(signature(payload));
  if (more.length > 0 || given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new McpError(invalidParams, "requestState is not one of this server's.", { status: 400 });
  }

  return JSON.parse(Buffer.from(payload, "base64url"));
}

function signature(payload) {
  return createHmac("sha256", secret).update(payload).digest("base64url");
}
