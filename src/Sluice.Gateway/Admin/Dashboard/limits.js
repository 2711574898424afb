// The table of limits: what they let through now and over the last hour.

import { sparkline } from "./charts.js";
import { byId, element, empty, setAttribute, setText, showOne } from "./dom.js";
import { count, plural, rate } from "./format.js";
import { keyOf } from "./state.js";
import { table } from "./table.js";
import { showName } from "./traffic.js";

const Few = 12;

export class Limits {
  #state;
  #isAll = false;
  #table = table("Limits", [
    { head: "Limit", kind: "name" },
    { head: "Rule", kind: "wide" },
    { head: "Allowed /s", kind: "number" },
    { head: "Rejected /s", kind: "number" },
    { head: "Rejected in 1 h", kind: "number" },
    { head: "Last hour", kind: "spark" },
  ]);
  #none = empty("No limits", "The configuration limits nothing, so every call is allowed. Add rateLimiting to a server.");
  #nothingFound = empty("No limit matches the filter", "Clear the filter to see all limits.");
  #more = element("button", { type: "button", class: "button more", onclick: () => this.#showAll() });
  #list = element("div", {}, this.#table.node, this.#more);

  constructor(state) {
    this.#state = state;
    byId("limits-filter").addEventListener("input", () => this.show(state.tick));
  }

  show(tick) {
    if (!tick) {
      return;
    }

    const all = tick.limits;
    const words = byId("limits-filter").value.toLowerCase().split(/\s+/).filter(word => word !== "");
    const found = all
      .filter(limit => words.every(word => `${limit.server} ${limit.limit} ${limit.operation ?? ""}`.toLowerCase().includes(word)))
      .map(limit => ({ ...limit, hour: sum(this.#state.limitHistory.get(keyOf(limit))) }))
      .sort(byWeight);
    const shown = this.#isAll ? found : found.slice(0, Few);
    setText(byId("limits-note"), noteOf(all.length, tick.status.config.limits));
    this.#more.hidden = found.length <= Few;
    setText(this.#more, this.#isAll ? `Show the first ${Few}` : `Show all ${count(found.length)}`);
    setAttribute(this.#more, "aria-expanded", this.#isAll ? "true" : "false");
    showOne(byId("limits-table"), all.length === 0 ? this.#none : found.length === 0 ? this.#nothingFound : this.#list);
    this.#table.show(shown, keyOf, row => {
      row.spark = sparkline();
      row.cells[5].append(row.spark);
    }, (row, limit) => this.#showRow(row, limit));
  }

  #showRow(row, limit) {
    const [name, rule, allowed, refused, hour] = row.cells;
    const now = this.#state.rateOf(limit);
    const isDry = limit.mode === "permissive";
    showName(name, limit.limit, limit.server);
    if (!rule.text) {
      rule.text = element("span");
      rule.tag = element("span", { class: "tag", title: "This limit rejects nothing; it counts what it would reject" }, "Permissive");
      rule.append(rule.text, " ", rule.tag);
    }

    setText(rule.text, limit.text);
    rule.tag.hidden = !isDry;
    setText(allowed, now ? rate(now.allowed) : "–");
    setText(refused, now ? rate(isDry ? now.wouldRefuse : now.refused) : "–");
    refused.classList.toggle("is-refused", now?.refused > 0);
    setText(hour, limit.hour === null ? "–" : count(limit.hour));
    row.spark.show(this.#state.limitHistory.get(keyOf(limit)));
  }

  #showAll() {
    this.#isAll = !this.#isAll;
    this.show(this.#state.tick);
  }
}

const sum = history => (history ? history.refused.reduce((total, value) => total + value, 0) : null);

const noteOf = (shown, all) =>
  (shown < all ? `The busiest ${count(shown)} of ${count(all)}` : all === 0 ? "" : plural(all, "limit"));

/** Those that rejected most in the last hour first, then those that rejected most at all, then in the order of the configuration. */
const byWeight = (a, b) => (b.hour ?? 0) - (a.hour ?? 0) || b.refused - a.refused || 0;
