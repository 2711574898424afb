// The chart of calls, the figures above it, and the table of servers below.

import { beside, get } from "./api.js";
import { sparkline, TrafficChart } from "./charts.js";
import { byId, element, reconcile, setAttribute, setText, showOne } from "./dom.js";
import { count, duration, percent, plural, rate, time } from "./format.js";
import { table } from "./table.js";

const Mean = 5; // seconds over which that chart takes each point, as the gateway does for the rates of now

export class Traffic {
  #chart = new TrafficChart(byId("chart"), point => this.#showLegend(point));
  #points = [];
  #span = "5m";
  #server = "";
  #stepMs = 1000;
  #places = 0;
  #last = null;
  #loads = 0;
  #state;
  #servers = table("Servers", [
    { head: "Server", kind: "name" },
    { head: "Reachable", kind: "wide" },
    { head: "Allowed /s", kind: "number" },
    { head: "Rejected /s", kind: "number" },
    { head: "Rejected", kind: "number", title: "Since the gateway was started" },
    { head: "In flight", kind: "number" },
    { head: "Last hour", kind: "spark" },
  ]);

  constructor(state) {
    this.#state = state;
    byId("traffic-server").addEventListener("change", event => {
      this.#server = event.target.value;
      this.#choose();
    });
    byId("traffic-span").addEventListener("change", event => {
      this.#span = event.target.value;
      this.#choose();
    });
    this.#showLegend(null);
  }

  #choose() {
    this.#points = [];
    this.#places = 0;
    beside(() => this.load());
  }

  /** Reads the history of what is chosen. Points that come by events are added to it. */
  async load() {
    const load = ++this.#loads;
    const path = this.#server === "" ? "history" : `servers/${encodeURIComponent(this.#server)}/history`;
    const history = await get(`${path}?span=${this.#span}`);
    if (load !== this.#loads) {
      return; // Another choice was made since.
    }

    const from = Date.parse(history.from);
    const seconds = history.stepMs / 1000;
    const whole = history.allowed.slice(0, -1); // The last step has only begun.
    const startedAt = Date.parse(this.#state.tick?.status.startedAt ?? history.from);
    this.#points = whole.map((allowed, index) => ({
      at: from + index * history.stepMs, allowed: allowed / seconds, refused: history.refused[index] / seconds,
    })).filter(point => point.at + history.stepMs > startedAt);
    this.#places = whole.length;
    this.#stepMs = history.stepMs;
    this.#draw();
  }

  /** Forgets what it added up, since the gateway was started again. */
  restart() {
    this.#last = null;
  }

  show(tick) {
    this.#add(tick);
    showFigures(tick);
    this.#showServers(tick.servers);
  }

  /** Adds the calls since the event before to the chart of five minutes. The chart of an hour is read again instead. */
  #add(tick) {
    const calls = this.#server === "" ? tick.status.calls : tick.servers.find(server => server.name === this.#server)?.calls;
    const at = Date.parse(tick.at);
    const last = this.#last;
    this.#last = calls ? { at, server: this.#server, calls } : null;
    if (this.#span !== "5m" || !calls || last?.server !== this.#server || at <= last.at || this.#places === 0) {
      return;
    }

    const seconds = (at - last.at) / 1000;
    this.#points.push({
      at,
      allowed: Math.max(0, calls.allowed - last.calls.allowed) / seconds,
      refused: Math.max(0, calls.refused - last.calls.refused) / seconds,
    });
    this.#points.splice(0, Math.max(0, this.#points.length - this.#places));
    this.#draw();
  }

  #draw() {
    this.#chart.show(this.#span === "5m" ? this.#points.map((point, index) => meanAt(this.#points, index)) : this.#points, this.#stepMs, this.#places);
  }

  #showLegend(point) {
    const shown = point ?? { allowed: null, refused: null };
    const text = value => (value === null ? "" : ` ${rate(value)}`);
    reconcile(byId("legend"), [
      { name: "allowed", text: `Allowed${text(shown.allowed)}` },
      { name: "refused", text: `Rejected${text(shown.refused)}` },
      { name: "at", text: point ? `at ${time(point.at)}` : "" },
    ], item => item.name, item => element("span", { class: `key key-${item.name}` }), (node, item) => setText(node, item.text));
  }

  #showServers(servers) {
    this.#showChoice(servers);
    showOne(byId("servers"), this.#servers.node);
    this.#servers.show(servers, server => server.name, row => {
      row.spark = sparkline();
      row.cells[6].append(row.spark);
    }, (row, server) => {
      const [name, reachable, allowed, refused, total, inFlight] = row.cells;
      const kind = server.upstream === "http" ? "HTTP" : server.upstream;
      const { unmetered } = server.calls;
      showName(name, server.name, unmetered > 0 ? `${kind}, ${plural(unmetered, "call")} without a limit` : kind);
      const state = server.reachable === null ? "unknown" : server.reachable ? "good" : "bad";
      setText(reachable, { unknown: "Not asked yet", good: "Reachable", bad: "Not reachable" }[state]);
      setAttribute(reachable, "data-state", state);
      setText(allowed, rate(server.calls.perSecond.allowed));
      setText(refused, rate(server.calls.perSecond.refused));
      refused.classList.toggle("is-refused", server.calls.perSecond.refused > 0);
      setText(total, count(server.calls.refused));
      setText(inFlight, count(server.active));
      row.spark.show(this.#state.serverHistory.get(server.name));
    });
  }

  #showChoice(servers) {
    const select = byId("traffic-server");
    const names = servers.map(server => server.name);
    if (select.options.length !== names.length + 1 || names.some((name, index) => select.options[index + 1].value !== name)) {
      select.replaceChildren(element("option", { value: "" }, "All servers"), ...names.map(name => element("option", { value: name }, name)));
      select.value = names.includes(this.#server) ? this.#server : "";
      select.dispatchEvent(new Event("change"));
    }
  }
}

/** The mean of a point and those before it. */
function meanAt(points, index) {
  const some = points.slice(Math.max(0, index + 1 - Mean), index + 1);
  const mean = name => some.reduce((sum, point) => sum + point[name], 0) / some.length;
  return { at: points[index].at, allowed: mean("allowed"), refused: mean("refused") };
}

/** A name, with what kind of thing it names below it. */
export function showName(cell, name, kind) {
  if (!cell.name) {
    cell.name = element("span", { class: "name" });
    cell.kind = element("span", { class: "kind" });
    cell.append(cell.name, cell.kind);
  }

  setText(cell.name, name);
  setText(cell.kind, kind);
}

function showFigures({ status }) {
  const { calls, store } = status;
  const decided = calls.allowed + calls.refused;
  const figures = [
    { name: "Allowed now", value: rate(calls.perSecond.allowed), unit: "/s", detail: `${count(calls.allowed)} since the start` },
    {
      name: "Rejected now",
      value: rate(calls.perSecond.refused),
      unit: "/s",
      tone: calls.perSecond.refused > 0 ? "refused" : "",
      detail: `${count(calls.refused)} since the start`,
    },
    {
      name: "Rejected of all",
      value: decided === 0 ? "–" : percent(calls.refused / decided),
      detail: calls.wouldRefuse > 0 ? `${count(calls.wouldRefuse)} would be rejected` : `of ${plural(decided, "metered call")}`,
    },
    { name: "Held calls", value: count(status.held), detail: `${plural(status.slots, "slot")} in use` },
    {
      name: "Store",
      value: store.available ? "Available" : "Away",
      tone: store.available ? "good" : "bad",
      detail: `${store.kind === "redis" ? "Redis" : "Memory"}, for ${ago(status, store.since)}`,
      word: true,
    },
  ];
  reconcile(byId("figures"), figures, figure => figure.name, figure => {
    const node = element("div", {});
    node.parts = {
      value: element("span", { class: figure.word ? "figure-word" : "figure-value" }),
      unit: element("span", { class: "figure-unit" }, figure.unit ?? ""),
      detail: element("dd", { class: "figure-detail" }),
    };
    node.append(element("dt", {}, figure.name), element("dd", { class: "figure" }, node.parts.value, node.parts.unit), node.parts.detail);
    return node;
  }, (node, figure) => {
    setText(node.parts.value, figure.value);
    setText(node.parts.detail, figure.detail);
    setAttribute(node, "data-tone", figure.tone ?? "");
  });
}

function ago(status, since) {
  return duration(Math.max(1000, Date.parse(status.startedAt) + status.uptimeMs - Date.parse(since)));
}
