// Elements are made here, and text enters them as text alone: no data ever becomes markup.

const Svg = "http://www.w3.org/2000/svg";

/** An element. Properties that start with "on" are listeners, "class" and "data" are short forms, others are attributes. */
export function element(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** The same in SVG. */
export function shape(tag, properties = {}, ...children) {
  return fill(document.createElementNS(Svg, tag), properties, children);
}

/** The element with an id. */
export const byId = id => document.getElementById(id);

/** Sets text, and touches nothing when it is the same: a selection and a screen reader stay undisturbed. */
export function setText(node, text) {
  const value = String(text);
  if (node.textContent !== value) {
    node.textContent = value;
  }
}

/** Sets an attribute, or removes it when the value is null or false. */
export function setAttribute(node, name, value) {
  if (value === null || value === undefined || value === false) {
    node.removeAttribute(name);
  } else if (node.getAttribute(name) !== String(value)) {
    node.setAttribute(name, value === true ? "" : String(value));
  }
}

/**
 * Makes the children of a node those of a list, and keeps the elements whose key is still there, so that focus survives an update.
 * @param make makes the element of an item
 * @param update shows an item in its element
 */
export function reconcile(parent, items, key, make, update) {
  const known = parent.known ??= new Map();
  const next = new Map();
  let previous = null;
  for (const item of items) {
    const id = key(item);
    const node = known.get(id) ?? make(item);
    update(node, item);
    next.set(id, node);
    const place = previous ? previous.nextSibling : parent.firstChild;
    if (place !== node) {
      parent.insertBefore(node, place);
    }

    previous = node;
  }

  for (const [id, node] of known) {
    if (!next.has(id)) {
      node.remove();
    }
  }

  parent.known = next;
}

/** Says that a list is empty, and why that may be so. */
export function empty(title, detail) {
  return element("div", { class: "empty" }, element("p", { class: "empty-title" }, title), element("p", {}, detail));
}

/** Shows one of two things in a node: a list, or the text that replaces it. Neither is made again while it stays. */
export function showOne(parent, node) {
  if (parent.firstChild !== node || parent.childNodes.length !== 1) {
    parent.replaceChildren(node);
  }
}

function fill(node, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) {
      node.addEventListener(name.slice(2), value);
    } else if (name === "data") {
      Object.assign(node.dataset, value);
    } else {
      setAttribute(node, name, value);
    }
  }

  node.append(...children.filter(child => child !== null && child !== undefined));
  return node;
}
