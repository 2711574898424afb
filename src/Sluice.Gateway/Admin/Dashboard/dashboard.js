// Puts the page together: reads the events, and shows each in every panel.

import { beside, follow, get, token } from "./api.js";
import { showBuckets, showHeld, showRefused } from "./callers.js";
import { byId, setAttribute, setText } from "./dom.js";
import { time } from "./format.js";
import { showConfiguration, showNotices, showStore } from "./gateway.js";
import { Limits } from "./limits.js";
import { ResetForm } from "./reset.js";
import { keyOf, State } from "./state.js";
import { Traffic } from "./traffic.js";
import { TryForm } from "./try.js";
import { WhyForm } from "./why.js";

const Reasons = { 429: "Too many wrong tokens", 503: "Too many pages are connected" };
const RefreshEvery = 10_000; // ms; histories by minute change no faster

const state = new State();
const traffic = new Traffic(state);
const limits = new Limits(state);
const tryForm = new TryForm();
const resetForm = new ResetForm();
new WhyForm();
let isConnected = false;
let lostTimer;

/** Reads what events do not carry. */
const refresh = () => beside(async () => {
  const [servers, all] = await Promise.all([get("servers"), get("limits"), traffic.load()]);
  state.serverHistory = new Map(servers.servers.map(server => [server.name, server.history]));
  state.limitHistory = new Map(all.limits.map(limit => [keyOf(limit), limit.history]));
  if (refusedSpan() === "1h") {
    showRefused(await get("refused?span=1h"));
  }
});

const refusedSpan = () => document.querySelector("#refused-span input:checked").value;

byId("refused-span").addEventListener("change", () => {
  if (refusedSpan() === "1h") {
    refresh();
  } else if (state.tick) {
    showRefused(state.tick.refused);
  }
});

function show(tick) {
  if (state.take(tick)) {
    traffic.restart();
    refresh();
  }

  setAttribute(byId("main"), "aria-busy", null);
  showNotices(tick);
  traffic.show(tick);
  limits.show(tick);
  if (refusedSpan() === "5m") {
    showRefused(tick.refused);
  }

  showBuckets(tick.buckets, tick.limits);
  showHeld(tick.held, tick.status, tick.limits);
  showStore(tick);
  showConfiguration(tick);
  tryForm.show(tick);
  resetForm.show(tick);
  document.title = tick.status.store.available ? "Sluice" : "Sluice: Redis does not answer";
}

function showConnection(name, text, attempt = "") {
  setAttribute(byId("connection"), "data-state", name);
  setText(byId("connection-text"), text);
  setText(byId("attempt"), attempt);
  document.documentElement.dataset.connection = name;
}

/** Says that the data is old, and counts down to the next attempt. The count is not announced: it changes each second. */
function showLost(error, wait) {
  const until = Date.now() + wait;
  const what = Reasons[error.status] ?? "Connection lost";
  const text = state.tick ? `${what}, data from ${time(state.tick.at)}` : what;
  const update = () => {
    const seconds = Math.ceil((until - Date.now()) / 1000);
    showConnection("lost", text, seconds > 0 ? `Next attempt in ${seconds} s` : "Connecting…");
  };
  clearInterval(lostTimer);
  lostTimer = setInterval(update, 1000);
  update();
}

let tokenGiven;

/** Asks for the token, and waits until one is given. */
function askForToken() {
  const wasRefused = token.read() !== null;
  token.forget();
  setText(byId("token-error"), wasRefused ? "This token is not the right one." : "");
  byId("token").value = "";
  showConnection("closed", "Needs the admin token");
  byId("token-dialog").showModal();
  return new Promise(resolve => { tokenGiven = resolve; });
}

byId("token-dialog").addEventListener("cancel", event => event.preventDefault());
byId("token-form").addEventListener("submit", event => {
  event.preventDefault();
  const value = byId("token").value.trim();
  if (!/^[\x21-\x7e]+$/.test(value)) {
    setText(byId("token-error"), "A token has printable ASCII characters only, and no spaces.");
    return;
  }

  token.keep(value);
  byId("token-dialog").close();
  tokenGiven();
});

setText(byId("foot"), `Times are those of this browser's time zone (${Intl.DateTimeFormat().resolvedOptions().timeZone}). `
  + "Everything here is also at api/v1, which api/v1/openapi.json describes.");

byId("forget").addEventListener("click", () => {
  token.forget();
  location.reload();
});

setInterval(() => {
  if (isConnected && !document.hidden) {
    refresh();
  }
}, RefreshEvery);

follow({
  open() {
    isConnected = true;
    clearInterval(lostTimer);
    showConnection("live", "Live");
    byId("forget").hidden = token.read() === null;
    refresh();
  },
  event(name, data) {
    if (name === "tick") {
      show(data);
    }
  },
  lost(error, wait) {
    isConnected = false;
    showLost(error, wait);
  },
  refused() {
    isConnected = false;
    clearInterval(lostTimer);
    return askForToken();
  },
});
