// Puts the page together: reads the events, and shows each in every panel.

import { follow, get, token } from "./api.js";
import { showBuckets, showHeld, showRefused } from "./callers.js";
import { byId, setAttribute, setText } from "./dom.js";
import { time } from "./format.js";
import { showConfiguration, showNotices, showStore } from "./gateway.js";
import { Limits } from "./limits.js";
import { ResetForm } from "./reset.js";
import { keyOf, State } from "./state.js";
import { Traffic } from "./traffic.js";
import { TryForm } from "./try.js";

const RefreshEvery = 10_000; // ms; histories by minute change no faster

const state = new State();
const traffic = new Traffic(state);
const limits = new Limits(state);
const tryForm = new TryForm();
const resetForm = new ResetForm();
let isConnected = false;
let lostTimer;

/** Reads what events do not carry. A failure shows in the stream's state too, so it is not shown twice. */
async function refresh() {
  try {
    const [servers, all] = await Promise.all([get("servers"), get("limits"), traffic.load()]);
    state.serverHistory = new Map(servers.servers.map(server => [server.name, server.history]));
    state.limitHistory = new Map(all.limits.map(limit => [keyOf(limit), limit.history]));
    if (refusedSpan() === "1h") {
      showRefused(await get("refused?span=1h"));
    }
  } catch (error) {
    console.warn(`The histories could not be read: ${error.message}`);
  }
}

const refusedSpan = () => document.querySelector("#refused-span input:checked").value;

byId("refused-span").addEventListener("change", async () => {
  if (refusedSpan() === "5m") {
    showRefused(state.tick.refused);
  } else {
    await refresh();
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

  showBuckets(tick.buckets);
  showHeld(tick.held, tick.status);
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
  const isBusy = error.status === 429 || error.status === 503;
  const what = isBusy ? error.message.replace(/\.$/, "") : "Connection lost";
  const text = state.tick ? `${what}, data from ${time(state.tick.at)}` : what;
  const update = () => {
    const seconds = Math.ceil((until - Date.now()) / 1000);
    showConnection("lost", text, seconds > 0 ? `Next attempt in ${seconds} s` : "Connecting…");
  };
  clearInterval(lostTimer);
  lostTimer = setInterval(update, 1000);
  update();
}

/** Asks for the token until one is given. */
function askForToken(error) {
  const dialog = byId("token-dialog");
  const wasRefused = token.read() !== null;
  token.forget();
  setText(byId("token-error"), wasRefused ? "This token is not the right one." : "");
  byId("token").value = "";
  showConnection("closed", "Needs the admin token");
  dialog.addEventListener("cancel", event => event.preventDefault());
  if (!dialog.open) {
    dialog.showModal();
  }

  return new Promise(resolve => {
    byId("token-form").addEventListener("submit", event => {
      event.preventDefault();
      token.keep(byId("token").value.trim());
      dialog.close();
      resolve(error);
    }, { once: true });
  });
}

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
  refused(error) {
    isConnected = false;
    clearInterval(lostTimer);
    return askForToken(error);
  },
});
