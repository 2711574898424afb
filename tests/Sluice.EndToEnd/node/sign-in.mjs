// Signs in with the authorization server that the MCP server at the URL names, calls the tool `echo` so many times, and prints, a line
// of JSON each, what its user sees. Arguments: the server's URL, the client's id, its redirect URI, the number of calls.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";

const [url, clientId, redirectUri, calls] = process.argv.slice(2);
const saved = {};
const authProvider = {
  redirectUrl: redirectUri,
  clientMetadata: { redirect_uris: [redirectUri], client_name: "sluice", grant_types: ["authorization_code", "refresh_token"], response_types: ["code"] },
  clientInformation: () => ({ client_id: clientId }),
  tokens: () => saved.tokens,
  saveTokens: (tokens) => { saved.tokens = tokens; },
  saveCodeVerifier: (verifier) => { saved.verifier = verifier; },
  codeVerifier: () => saved.verifier,
  // What a user's browser does: it asks for the address, and takes the code from where it is sent.
  redirectToAuthorization: async (address) => {
    const response = await fetch(address, { redirect: "manual" });
    saved.code = new URL(response.headers.get("location")).searchParams.get("code");
    print({ resource: address.searchParams.get("resource"), scope: address.searchParams.get("scope") });
  },
};

const client = new Client({ name: "sluice-end-to-end", version: "1.0.0" });
const first = new StreamableHTTPClientTransport(new URL(url), { authProvider });
try {
  await client.connect(first);
  print({ connected: "without signing in" });
} catch (error) {
  if (!(error instanceof UnauthorizedError)) throw error;
  await first.finishAuth(saved.code);
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { authProvider }));
  print({ connected: "signed in" });
}

for (let call = 0; call < Number(calls); call++) {
  try {
    const result = await client.callTool({ name: "echo", arguments: { message: "hi" } });
    print({ text: result.content[0].text });
  } catch (error) {
    print({ code: error.code, message: error.message });
  }
}

await client.close();

function print(value) {
  console.log(JSON.stringify(value));
}
