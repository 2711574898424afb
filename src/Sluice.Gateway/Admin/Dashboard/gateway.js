// The store, the configuration, and the problems above everything.

import { get } from "./api.js";
import { byId, element, reconcile, setAttribute, setText } from "./dom.js";
import { count, duration, instant, percent, plural } from "./format.js";

/** Facts as a list of terms: `[term, value, tone]`. */
export function showFacts(node, facts) {
  reconcile(node, facts, ([term]) => term, ([term]) => {
    const row = element("div", {}, element("dt", {}, term), element("dd", {}));
    return row;
  }, (row, [, value, tone]) => {
    setText(row.lastChild, value);
    setAttribute(row.lastChild, "data-state", tone ?? null);
  });
}

const storeFacts = element("dl", { class: "facts" });
const configurationFacts = element("dl", { class: "facts facts-wide" });
let shownVersion = null;

export function showStore({ status }) {
  const { store } = status;
  if (!storeFacts.isConnected) {
    byId("store-body").append(storeFacts);
  }

  const facts = [
    ["State", store.available ? "Available" : "Does not answer", store.available ? "good" : "bad"],
    [store.available ? "Available since" : "Away since", instant(store.since)],
  ];
  if (store.kind === "redis") {
    setText(byId("store-note"), "Redis, shared with other gateways");
    facts.push(
      ["Outages", count(store.outages)],
      ["Decided without Redis", plural(store.decidedWithout, "call")]);
    if (store.replicas) {
      facts.push(["Gateways", count(store.replicas)]);
    }
  } else {
    setText(byId("store-note"), "Memory of this process");
    facts.push(
      ["Keys", store.maxKeys ? `${count(store.keys)} of ${count(store.maxKeys)} (${percent(store.keys / store.maxKeys)})` : count(store.keys ?? 0)],
      ["Debt folded", `${plural(store.debtFolds ?? 0, "time")}`]);
  }

  showFacts(storeFacts, facts);
}

export function showConfiguration({ status }) {
  const { config } = status;
  if (!configurationFacts.isConnected) {
    byId("configuration-body").append(configurationFacts);
  }

  const reload = config.lastReload;
  const isRefused = reload?.result === "refused";
  setText(byId("configuration-note"), `${plural(config.servers, "server")}, ${plural(config.limits, "limit")}`);
  showFacts(configurationFacts, [
    ["Version", config.version],
    ["Loaded", instant(config.loadedAt)],
    ["Last reload", reload ? `${isRefused ? "Rejected" : "Loaded"} ${instant(reload.at)}` : "None since the start", isRefused ? "bad" : null],
    ["Running for", duration(Math.max(1000, status.uptimeMs))],
    ["Callers are shown", status.identities === "clear" ? "By name" : "As salted hashes"],
  ]);
  setText(byId("version"), status.version);
  if (shownVersion !== config.version && byId("document").open) {
    loadDocument();
  }
}

async function loadDocument() {
  try {
    const { version, document: effective } = await get("config");
    shownVersion = version;
    setText(byId("document-text"), JSON.stringify(effective, null, 2));
  } catch (error) {
    shownVersion = null;
    setText(byId("document-text"), `The configuration could not be read: ${error.message}`);
  }
}

byId("document").addEventListener("toggle", event => {
  if (event.target.open) {
    loadDocument();
  }
});

/** What needs an operator, worst first. */
export function showNotices({ status, servers }) {
  const { store, config } = status;
  const notices = [];
  if (!store.available) {
    notices.push({
      key: "store",
      tone: "bad",
      title: "Redis does not answer",
      lines: [
        `Since ${instant(store.since)}. Each limit does as its onStoreFailure says; ${plural(store.decidedWithout, "call")} decided without Redis since the start.`,
      ],
    });
  }

  if (config.lastReload?.result === "refused") {
    notices.push({
      key: "reload",
      tone: "near",
      title: "The last change of the configuration was rejected",
      lines: [`At ${instant(config.lastReload.at)}. Version ${config.version} stays active.`],
      faults: config.lastReload.faults,
    });
  }

  const waiting = config.lastReload?.needsRestart ?? [];
  if (waiting.length > 0) {
    notices.push({
      key: "restart",
      tone: "near",
      title: "Some changes of the configuration need a restart",
      lines: ["Until then these settings keep their values:"],
      faults: waiting,
    });
  }

  const unreachable = servers.filter(server => server.reachable === false).map(server => server.name);
  if (unreachable.length > 0) {
    notices.push({
      key: "servers",
      tone: "near",
      title: unreachable.length === 1 ? "A server is not reachable" : `${count(unreachable.length)} servers are not reachable`,
      lines: [unreachable.slice(0, 5).join(", ") + (unreachable.length > 5 ? ` and ${count(unreachable.length - 5)} more` : "")],
    });
  }

  reconcile(byId("notices"), notices, notice => notice.key, notice => {
    const node = element("div", { class: "notice", data: { tone: notice.tone } });
    node.parts = { title: element("h2", {}), lines: element("p", {}), faults: element("ul", { class: "faults" }) };
    node.append(node.parts.title, node.parts.lines, node.parts.faults);
    return node;
  }, (node, notice) => {
    setText(node.parts.title, notice.title);
    setText(node.parts.lines, notice.lines.join(" "));
    reconcile(node.parts.faults, [...new Set(notice.faults)], fault => fault, () => element("li", {}), (row, fault) => setText(row, fault));
    node.parts.faults.hidden = (notice.faults ?? []).length === 0;
  });
}
