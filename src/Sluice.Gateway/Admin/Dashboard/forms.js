// Fields of the forms, and what a form says of a caller.

import { element, setAttribute, setText } from "./dom.js";

let fields = 0;

/**
 * A labelled field with room for a hint and an error below it.
 * @param control the input, select or textarea
 */
export function field(label, control, hint) {
  const id = `field-${++fields}`;
  control.id = id;
  const note = element("p", { class: "field-hint", id: `${id}-hint` }, hint ?? "");
  const error = element("p", { class: "field-error", id: `${id}-error`, role: "alert" });
  note.hidden = !hint;
  setAttribute(control, "aria-describedby", `${id}-hint ${id}-error`);
  const node = element("div", { class: "field" }, element("label", { for: id }, label), control, note, error);
  control.addEventListener("input", () => fail(control, ""));
  control.error = error;
  return node;
}

/** Shows what is wrong with a field; "" when nothing is. */
export function fail(control, message) {
  setText(control.error, message);
  setAttribute(control, "aria-invalid", message === "" ? null : "true");
  if (message !== "") {
    control.focus();
  }

  return message === "";
}

export const input = properties => element("input", { type: "text", spellcheck: "false", autocomplete: "off", ...properties });

/** Makes the options of a select or a datalist those of a list, and keeps the choice. */
export function choose(select, options) {
  const values = [...select.children].map(option => option.value);
  if (values.length === options.length && options.every(([value], index) => value === values[index])) {
    return;
  }

  const chosen = select.value;
  select.replaceChildren(...options.map(([value, text]) => element("option", { value }, text)));
  if (options.some(([value]) => value === chosen)) {
    select.value = chosen;
  }
}

/** The fields that say who calls. */
export class CallerFields {
  user = input({ name: "user" });
  tenant = input({ name: "tenant" });
  client = input({ name: "client" });
  issuer = input({ name: "issuer" });
  claims = element("textarea", { name: "claims", rows: 2, spellcheck: "false" });

  /** The fields that are seldom needed. */
  more = element("details", { class: "more-fields" },
    element("summary", {}, "Tenant, client, claims and issuer"),
    field("Tenant", this.tenant),
    field("Client", this.client),
    field("Claims", this.claims, "One value a line, as name = value"),
    field("Issuer", this.issuer, "The issuer that identifies the caller; needed where there are several"));

  userField = field("User", this.user, "Leave empty for a caller who is not known");

  /** The caller as the API takes it, or null when a field is wrong; the field then says so. */
  read() {
    const caller = {};
    for (const name of ["user", "tenant", "client", "issuer"]) {
      if (this[name].value.trim() !== "") {
        caller[name] = this[name].value.trim();
      }
    }

    const claims = {};
    for (const line of this.claims.value.split("\n").filter(text => text.trim() !== "")) {
      const [, name, value] = /^\s*([^=]+?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
      if (name === undefined) {
        this.more.open = true;
        fail(this.claims, `'${line.trim()}' is not name = value.`);
        return null;
      }

      (claims[name] ??= []).push(value);
    }

    if (Object.keys(claims).length > 0) {
      caller.claims = claims;
    }

    return caller;
  }
}
