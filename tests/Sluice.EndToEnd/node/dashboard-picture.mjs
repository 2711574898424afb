// Calls the demo for five minutes, as two agents do of which one loops, and takes a picture of its dashboard.
// Arguments: the dashboard's address, the gateway's endpoint, and the file of the picture.
import { chromium } from "playwright-core";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

const Minutes = 5;
const Step = 500; // ms between two calls of one agent
const [dashboard, gateway, file] = process.argv.slice(2);

async function connect(user) {
  const client = new Client({ name: `agent-of-${user}`, version: "1.0.0" });
  await client.connect(new StreamableHTTPClientTransport(new URL(gateway), { requestInit: { headers: { "X-API-Key": `demo-key-of-${user}` } } }));
  return client;
}

// The picture shows a rejection. Any other failure ends the program.
async function call(client, name, args) {
  try {
    await client.callTool({ name, arguments: args });
  } catch (error) {
    if (error.code !== 429) throw error;
  }
}

async function act(client, calls) {
  const end = Date.now() + Minutes * 60_000;
  for (let step = 0; Date.now() < end; step++) {
    const next = calls(step);
    if (next) await call(client, ...next);
    await new Promise(resolve => { setTimeout(resolve, Step); });
  }
}

const echo = ["echo", { message: "hi" }];
const search = ["search", { query: "sea" }];
const count = ["slow_count", { seconds: 1 }];

// Alice's agent works in waves, and asks the same thing again and again at the top of each.
const alice = step => (Math.sin(step / 24) > 0.5 ? (step % 2 === 0 ? search : null) : step % 60 === 0 ? count : step % 7 === 0 ? echo : null);
const bob = step => (step % 48 === 0 ? search : step % 8 === 0 ? echo : null);

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
});
try {
  const page = await browser.newPage({ colorScheme: "light", viewport: { width: 1200, height: 1000 }, deviceScaleFactor: 1.5, locale: "en-GB" });
  await page.goto(dashboard);
  await page.locator("#connection", { hasText: "Live" }).waitFor();
  await Promise.all([act(await connect("alice"), alice), act(await connect("bob"), bob)]);
  await page.screenshot({ path: file });
} finally {
  await browser.close();
}

process.exit(0); // The clients keep their connections.
