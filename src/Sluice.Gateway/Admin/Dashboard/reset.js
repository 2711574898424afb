// Makes buckets full again, after a question.

import { post } from "./api.js";
import { byId, element } from "./dom.js";
import { CallerFields, choose, fail, field } from "./forms.js";
import { plural } from "./format.js";
import { showFacts } from "./gateway.js";
import { failure } from "./try.js";

export class ResetForm {
  #server = element("select", { name: "server" });
  #limit = element("select", { name: "limit" });
  #one = element("input", { type: "radio", name: "whose", value: "one", checked: true });
  #all = element("input", { type: "radio", name: "whose", value: "all" });
  #caller = new CallerFields();
  #button = element("button", { class: "button danger" }, "Reset…");
  #onlyOne = element("div", { class: "fields" }, this.#caller.userField, this.#caller.more);
  #limits = [];

  constructor() {
    const form = byId("reset-form");
    this.#caller.userField.querySelector(".field-hint").hidden = true;
    const whose = element("fieldset", { class: "field" },
      element("legend", {}, "Whose buckets"),
      element("div", { class: "segmented" },
        element("label", {}, this.#one, element("span", {}, "One caller")),
        element("label", {}, this.#all, element("span", {}, "Every caller"))));
    form.append(
      field("Server", this.#server, null), field("Limit", this.#limit, null), whose, this.#onlyOne,
      element("div", { class: "buttons" }, this.#button));
    whose.addEventListener("change", () => { this.#onlyOne.hidden = this.#all.checked; });
    this.#server.addEventListener("change", () => this.#showLimits());
    form.addEventListener("submit", event => {
      event.preventDefault();
      this.#ask();
    });
  }

  show({ servers, limits }) {
    this.#limits = limits;
    choose(this.#server, servers.map(server => [server.name, server.name]));
    this.#showLimits();
  }

  #showLimits() {
    const limits = this.#limits.filter(limit => limit.server === this.#server.value);
    choose(this.#limit, [["", "All that apply"], ...limits.map(limit => [limit.limit, limit.limit])]);
  }

  #ask() {
    const isAll = this.#all.checked;
    const caller = isAll ? { all: true } : this.#caller.read();
    if (caller === null) {
      return;
    }

    if (!isAll && Object.keys(caller).length === 0) {
      fail(this.#caller.user, "Enter the user, or choose every caller.");
      return;
    }

    const body = { server: this.#server.value, ...caller };
    if (this.#limit.value !== "") {
      body.limit = this.#limit.value;
    }

    const dialog = byId("reset-dialog");
    byId("reset-question").textContent = isAll ? `Reset the buckets of every caller?` : "Reset this caller's buckets?";
    byId("reset-detail").textContent = "They become full at once, and calls are allowed accordingly. This cannot be undone.";
    const names = { user: "User", tenant: "Tenant", client: "Client" };
    showFacts(byId("reset-facts"), [
      ["Server", body.server],
      ["Limit", body.limit ?? "All that apply"],
      ...Object.entries(names).filter(([name]) => caller[name]).map(([name, label]) => [label, caller[name]]),
      ...Object.entries(caller.claims ?? {}).map(([name, value]) => [`Claim ${name}`, String(value)]),
    ]);
    dialog.returnValue = "cancel";
    dialog.addEventListener("close", () => {
      if (dialog.returnValue === "reset") {
        this.#reset(body);
      }
    }, { once: true });
    dialog.showModal();
  }

  async #reset(body) {
    this.#button.disabled = true;
    try {
      const { reset, limits } = await post("reset", body);
      byId("reset-result").replaceChildren(element("div", { class: "result", data: { tone: reset > 0 ? "good" : "plain" } },
        element("p", { class: "result-title" }, reset > 0 ? `${plural(reset, "bucket")} reset` : "Nothing to reset"),
        element("p", {}, reset > 0 ? [...new Set(limits)].join(", ") : "Every bucket was full already.")));
    } catch (error) {
      byId("reset-result").replaceChildren(failure(error));
    } finally {
      this.#button.disabled = false;
      this.#button.focus();
    }
  }
}
