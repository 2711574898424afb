// Asks what a call would meet, without charging it.

import { post } from "./api.js";
import { byId, element } from "./dom.js";
import { CallerFields, choose, fail, field, input } from "./forms.js";
import { count, duration, tokens } from "./format.js";
import { table } from "./table.js";

const Operations = [
  ["tools/call", "Call a tool", "Tool"],
  ["prompts/get", "Get a prompt", "Prompt"],
  ["resources/read", "Read a resource", "URI"],
  ["tools/list", "List tools", null],
  ["prompts/list", "List prompts", null],
  ["resources/list", "List resources", null],
];

const Outcomes = {
  allowed: ["good", "Allowed", "The call would be let through."],
  refused: ["bad", "Rejected", "Waiting does not help."],
  unsatisfiable: ["bad", "Rejected for good", "The call costs more than a limit ever holds."],
  unmetered: ["plain", "Not limited", "No limit applies to this call, so it would be let through."],
};

export class TryForm {
  #server = element("select", { name: "server" });
  #operation = element("select", { name: "operation" }, ...Operations.map(([value, text]) => element("option", { value }, text)));
  #name = input({ name: "name", list: "try-names" });
  #names = element("datalist", { id: "try-names" });
  #cost = input({ name: "cost", inputmode: "numeric" });
  #caller = new CallerFields();
  #nameField = field("Tool", this.#name, null);
  #button = element("button", { class: "button primary" }, "Try");

  constructor() {
    const form = byId("try-form");
    this.#caller.more.append(field("Cost", this.#cost, "In tokens; leave empty for the configured cost"));
    this.#caller.more.firstChild.textContent = "Tenant, client, claims, issuer and cost";
    form.append(
      field("Server", this.#server, null), field("Operation", this.#operation, null), this.#nameField, this.#names,
      this.#caller.userField, this.#caller.more, element("div", { class: "buttons" }, this.#button));
    this.#operation.addEventListener("change", () => this.#showOperation());
    form.addEventListener("submit", event => {
      event.preventDefault();
      this.#ask();
    });
  }

  show({ servers, limits }) {
    choose(this.#server, servers.map(server => [server.name, server.name]));
    const names = [...new Set(limits.map(limit => limit.operation).filter(name => name !== null))];
    choose(this.#names, names.map(name => [name, ""]));
  }

  #showOperation() {
    const [, , label] = Operations.find(([value]) => value === this.#operation.value);
    this.#nameField.hidden = label === null;
    this.#nameField.firstChild.textContent = label ?? "";
  }

  async #ask() {
    const caller = this.#caller.read();
    const isNamed = !this.#nameField.hidden;
    const name = this.#name.value.trim();
    if (isNamed && name === "") {
      fail(this.#name, `Enter the ${this.#nameField.firstChild.textContent.toLowerCase()} that the call names.`);
      return;
    }

    const cost = this.#cost.value.trim();
    if (cost !== "" && !/^[0-9]{1,9}$/.test(cost)) {
      this.#caller.more.open = true;
      fail(this.#cost, "Enter a whole number of tokens.");
      return;
    }

    if (caller === null) {
      return;
    }

    const body = { server: this.#server.value, operation: this.#operation.value, ...caller };
    if (isNamed) {
      body.name = name;
    }

    if (cost !== "") {
      body.cost = Number(cost);
    }

    this.#button.disabled = true;
    try {
      byId("try-result").replaceChildren(...resultOf(await post("try", body)));
    } catch (error) {
      byId("try-result").replaceChildren(failure(error));
    } finally {
      this.#button.disabled = false;
    }
  }
}

/** What an answer of the gateway that is no success says. */
export const failure = (error, title = "The gateway did not do this") => element("div", { class: "result", data: { tone: "bad" } },
  element("p", { class: "result-title" }, title), element("p", {}, error.message));

/** What each of some limits has left, charges and answers. */
export function limitTable(caption, limits) {
  const answers = table(caption, [
    { head: "Limit", kind: "name" },
    { head: "Left", kind: "number" },
    { head: "Cost", kind: "number" },
    { head: "Answer", kind: "wide" },
  ]);
  answers.show(limits, limit => limit.limit, () => {}, (row, limit) => {
    const [name, left, cost, says] = row.cells;
    name.replaceChildren(element("span", { class: "name" }, limit.limit), element("span", { class: "kind" }, limit.why ?? limit.scope));
    left.textContent = limit.level === null ? "–" : `${tokens(limit.level)} of ${tokens(limit.maxTokens)}`;
    cost.textContent = limit.cost === null ? "–" : count(limit.cost);
    says.textContent = limit.allowed ? "Allows" : limit.retryAfterMs > 0 ? `Rejects for ${duration(limit.retryAfterMs)}` : "Rejects";
    says.dataset.state = limit.allowed ? "good" : "bad";
  });
  return answers.node;
}

function resultOf(answer) {
  const [tone, title, text] = Outcomes[answer.outcome] ?? ["plain", answer.outcome, ""];
  const banner = element("div", { class: "result", data: { tone } },
    element("p", { class: "result-title" }, title),
    element("p", {}, answer.retryAfterMs > 0 ? `It would be allowed in ${duration(answer.retryAfterMs)}.` : text));
  const applying = answer.limits.filter(limit => limit.applies !== false);
  const others = answer.limits.filter(limit => limit.applies === false);
  const nodes = [banner];
  if (applying.length > 0) {
    nodes.push(limitTable("Limits that apply", applying));
  }

  if (others.length > 0) {
    nodes.push(element("details", {},
      element("summary", {}, `${count(others.length)} that ${others.length === 1 ? "does" : "do"} not apply`),
      element("ul", { class: "plain-list" }, ...others.map(limit => element(
        "li", {}, element("span", { class: "name" }, limit.limit), element("span", { class: "kind" }, limit.why ?? ""))))));
  }

  return nodes;
}
