// Who is rejected most, which buckets are fullest, and which calls are held or hold a slot.

import { byId, element, empty, reconcile, setAttribute, setText, showOne } from "./dom.js";
import { count, duration, instant, percent, plural, tokens } from "./format.js";
import { keyOf } from "./state.js";

/** A list of rows with a name, a second line, a figure, and a bar behind a share. */
function list(label) {
  const node = element("ol", { class: "list", "aria-label": label });
  node.show = (items, key, describe) => reconcile(node, items, key, () => {
    const row = element("li", {});
    row.parts = {
      name: element("span", { class: "name" }),
      detail: element("span", { class: "kind" }),
      figure: element("span", { class: "row-figure" }),
      note: element("span", { class: "row-note" }),
      fill: element("span", { class: "fill" }),
    };
    const { name, detail, figure, note, fill } = row.parts;
    row.append(
      element("span", { class: "row-name" }, name, detail),
      element("span", { class: "row-value" }, figure, note),
      element("span", { class: "track", "aria-hidden": "true" }, fill));
    return row;
  }, (row, item) => {
    const { name, detail, figure, note, share, tone } = describe(item);
    setText(row.parts.name, name);
    setText(row.parts.detail, detail);
    setText(row.parts.figure, figure);
    setText(row.parts.note, note);
    setAttribute(row, "data-tone", tone);
    row.parts.fill.style.inlineSize = `${Math.round(Math.min(1, Math.max(0, share)) * 1000) / 10}%`;
  });
  return node;
}

const Unknown = "Unknown caller";
const callerOf = caller => caller ?? Unknown;

/** Who has a bucket: a shared one is everyone's, any other without a name is that of all callers who are not known. */
const ownerOf = (item, limits) =>
  item.caller ?? (limits.some(limit => keyOf(limit) === keyOf(item) && limit.scope !== "shared") ? Unknown : "Everyone");

const placeOf = item => `${item.limit} · ${item.server}`;
const keyOfCaller = item => `${item.server}\n${item.limit}\n${item.caller}`;

const refusedList = list("Callers rejected most");
const noRefusals = empty("No rejections", "No caller met a limit in this time.");

export function showRefused({ callers, omitted }) {
  const most = Math.max(1, ...callers.map(item => item.refused));
  showOne(byId("refused"), callers.length === 0 ? noRefusals : refusedList);
  refusedList.show(callers, keyOfCaller, item => ({
    name: callerOf(item.caller),
    detail: placeOf(item),
    figure: count(item.refused),
    note: `last ${instant(item.lastAt)}`,
    share: item.refused / most,
    tone: "refused",
  }));
  setAttribute(refusedList, "data-omitted", omitted > 0 ? `and ${plural(omitted, "rejection")} of other callers` : null);
}

const bucketList = list("Fullest buckets");
const noBuckets = empty("No bucket is in use", "A bucket appears here once a call was charged to it, until it is full again.");
const bucketsNote = element("p", { class: "list-note" });

export function showBuckets({ buckets, complete, reason }, limits) {
  bucketsNote.hidden = complete || !reason;
  setText(bucketsNote, reason ?? "");
  const host = byId("buckets");
  const shown = buckets.length === 0 ? noBuckets : bucketList;
  if (host.firstChild !== shown) {
    host.replaceChildren(shown, bucketsNote);
  }

  bucketList.show(buckets, keyOfCaller, item => {
    const used = item.maxTokens === 0 ? 0 : 1 - item.level / item.maxTokens;
    return {
      name: ownerOf(item, limits),
      detail: placeOf(item),
      figure: `${tokens(item.level)} of ${tokens(item.maxTokens)} left`,
      note: item.fullInMs > 0 ? `full in ${duration(item.fullInMs)}` : "full",
      share: used,
      tone: used >= 1 ? "refused" : used > 0.8 ? "near" : "",
    };
  });
}

const heldList = list("Held calls");
const slotList = list("Slots in use");
const heldTitle = element("h3", {}, "Held calls");
const slotTitle = element("h3", {}, "Slots");
const noneInFlight = empty("No call is held, and no slot is in use", "Limits with wait hold calls that come slightly early; limits with concurrency give slots.");
const inFlight = element("div", {}, heldTitle, heldList, slotTitle, slotList);

export function showHeld({ held, slots, heldLeftOut, slotsLeftOut }, status, limits) {
  const leftOut = [[heldLeftOut, "call"], [slotsLeftOut, "bucket"]].filter(([count]) => count > 0).map(([count, what]) => plural(count, what));
  showOne(byId("held"), held.length + slots.length === 0 ? noneInFlight : inFlight);
  setText(byId("in-flight-note"), status.held + status.slots === 0
    ? ""
    : `${plural(status.held, "call")} held, ${plural(status.slots, "slot")} in use${leftOut.length > 0 ? `; not shown: ${leftOut.join(", ")}` : ""}`);
  heldTitle.hidden = heldList.hidden = held.length === 0;
  slotTitle.hidden = slotList.hidden = slots.length === 0;
  const seen = new Map();
  const numbered = held.map(item => {
    const number = (seen.get(keyOfCaller(item)) ?? 0) + 1;
    seen.set(keyOfCaller(item), number);
    return { ...item, number };
  });
  heldList.show(numbered, item => `${keyOfCaller(item)}\n${item.number}`, item => ({
    name: callerOf(item.caller),
    detail: placeOf(item),
    figure: `${duration(item.waitMs)} to go`,
    note: `held for ${duration(item.sinceMs)}`,
    share: item.sinceMs / Math.max(1, item.sinceMs + item.waitMs),
  }));
  slotList.show(slots, keyOfCaller, item => ({
    name: ownerOf(item, limits),
    detail: placeOf(item),
    figure: `${count(item.used)} of ${count(item.of)}`,
    note: item.used >= item.of ? "none free" : `${percent(item.used / item.of)} in use`,
    share: item.used / item.of,
    tone: item.used >= item.of ? "near" : "",
  }));
}
