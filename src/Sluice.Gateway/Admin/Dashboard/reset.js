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
  #caller = new CallerFields();
  #button = element("button", { class: "button danger" }, "Reset…");
  #limits = [];

  constructor() {
    const form = byId("reset-form");
    this.#caller.userField.querySelector(".field-hint").textContent = "The one whose own buckets become full; shared buckets stay as they are";
    form.append(
      field("Server", this.#server, null), field("Limit", this.#limit, null), this.#caller.userField, this.#caller.more,
      element("div", { class: "buttons" }, this.#button));
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
    const limits = this.#limits.filter(limit => limit.server === this.#server.value && limit.scope !== "shared" && limit.kind === "rate");
    choose(this.#limit, [["", "All that count this caller"], ...limits.map(limit => [limit.limit, limit.limit])]);
  }

  #ask() {
    const caller = this.#caller.read();
    if (caller === null) {
      return;
    }

    if (Object.keys(caller).length === 0) {
      fail(this.#caller.user, "Enter the user whose buckets become full.");
      return;
    }

    const body = { server: this.#server.value, ...caller };
    if (this.#limit.value !== "") {
      body.limit = this.#limit.value;
    }

    this.#confirm(body, caller);
  }

  #confirm(body, caller) {
    const names = { user: "User", tenant: "Tenant", client: "Client", issuer: "Issuer" };
    showFacts(byId("reset-facts"), [
      ["Server", body.server],
      ["Limit", body.limit ?? "All that count this caller"],
      ...Object.entries(names).filter(([name]) => caller[name]).map(([name, label]) => [label, caller[name]]),
      ...Object.entries(caller.claims ?? {}).map(([name, value]) => [`Claim ${name}`, value.join(", ")]),
    ]);
    const dialog = byId("reset-dialog");
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
      byId("reset-result").replaceChildren(element("div", { class: "result", data: { tone: "good" } },
        element("p", { class: "result-title" }, `${plural(reset, "limit")} reset for this caller`),
        element("p", {}, limits.join(", "))));
    } catch (error) {
      byId("reset-result").replaceChildren(failure(error));
    } finally {
      this.#button.disabled = false;
      this.#button.focus();
    }
  }
}
