// Explains a rejection by the id that the client got with it.

import { get } from "./api.js";
import { byId, element } from "./dom.js";
import { fail, field, input } from "./forms.js";
import { duration, instant } from "./format.js";
import { showFacts } from "./gateway.js";
import { failure, limitTable } from "./try.js";

const Sources = {
  store: "The store",
  local: "This gateway, since Redis did not answer",
  closed: "onStoreFailure: deny, since Redis did not answer",
  none: "No store was asked: the caller lacks an identity",
};

export class WhyForm {
  #id = input({ name: "id", autocapitalize: "off" });
  #button = element("button", { class: "button" }, "Explain");

  constructor() {
    const form = byId("why-form");
    form.append(field("Decision id", this.#id, "data.decisionId of the rejection; the last 10,000 are kept"), this.#button);
    form.addEventListener("submit", event => {
      event.preventDefault();
      this.#ask();
    });
  }

  async #ask() {
    const id = this.#id.value.trim();
    if (id === "") {
      fail(this.#id, "Enter the id that came with the rejection.");
      return;
    }

    this.#button.disabled = true;
    try {
      byId("why-result").replaceChildren(...resultOf(await get(`why/${encodeURIComponent(id)}`)));
    } catch (error) {
      byId("why-result").replaceChildren(failure(error, "There is no explanation"));
    } finally {
      this.#button.disabled = false;
    }
  }
}

function resultOf(why) {
  const banner = element("div", { class: "result", data: { tone: "bad" } },
    element("p", { class: "result-title" }, why.limit === null ? "Rejected" : `Rejected by ${why.limit}`),
    element("p", {}, why.retryAfterMs > 0 ? `It would have been allowed ${duration(why.retryAfterMs)} later.` : "Waiting did not help."));
  const facts = element("dl", { class: "facts facts-wide" });
  showFacts(facts, [
    ["At", instant(why.at)],
    ["Server", why.server],
    ["Operation", why.name === null ? why.operation : `${why.operation} ${why.name}`],
    ["Caller", why.caller ?? "Unknown caller"],
    ["Decided by", Sources[why.source] ?? why.source],
    ["Configuration", why.configVersion],
  ]);
  const limits = why.limits.map(limit => ({ ...limit, level: limit.levelBefore }));
  return limits.length > 0 ? [banner, facts, limitTable("Limits before the decision", limits)] : [banner, facts];
}
