// Drives a page in Debian's Chromium. Each line of the input is a command in JSON, [method, ...arguments]; each is answered by a line of
// JSON: { "answer": number, "value": … } or { "answer": number, "error": "…" }. A method is one of those below, or one of Playwright's Page,
// whose result is not told.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { readFile } from "node:fs/promises";
import { chromium } from "playwright-core";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update"],
});
const seen = { requests: [], errors: [] };
let page;

const methods = {
  /** Opens an address with the options of a browser context, such as { colorScheme, viewport, reducedMotion }. */
  async open(url, options) {
    await page?.context().close();
    seen.requests.length = seen.errors.length = 0;
    page = await (await browser.newContext({ timezoneId: "UTC", locale: "en-GB", ...options })).newPage();
    page.setDefaultTimeout(50_000);
    page.on("request", request => seen.requests.push(request.url()));
    page.on("pageerror", error => seen.errors.push(error.message));
    page.on("console", message => {
      // A browser reports each failed request itself; the tests look at what the page makes of it.
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) seen.errors.push(message.text());
    });
    await page.goto(url);
  },
  /** The addresses of all requests, and the errors of scripts and of the content security policy. */
  seen: () => seen,
  evaluate: expression => page.evaluate(expression),
  innerText: selector => page.locator(selector).first().innerText(),
  press: key => page.keyboard.press(key),
  type: text => page.keyboard.type(text),
  /** Waits for an element that is visible and has a text in it. */
  waitFor: async (selector, text) => {
    await page.locator(selector, text === undefined ? {} : { hasText: text }).first().waitFor();
  },
  /** What axe-core finds wrong: the rule and the first element of each. */
  async violations() {
    await page.evaluate(axe);
    const result = await page.evaluate(() => axe.run());
    return result.violations.map(rule => `${rule.id}: ${rule.nodes[0].target} ${rule.nodes[0].failureSummary}`);
  },
};

let answer = 0;
for await (const line of createInterface({ input: process.stdin })) {
  answer++;
  const [method, ...rest] = JSON.parse(line);
  try {
    const value = await (methods[method] ?? (async () => { await page[method](...rest); }))(...rest);
    console.log(JSON.stringify({ answer, value: value ?? null }));
  } catch (error) {
    console.log(JSON.stringify({ answer, error: error.message }));
  }
}

await browser.close();
