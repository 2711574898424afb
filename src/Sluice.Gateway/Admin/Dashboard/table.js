// Tables whose rows become blocks on a narrow screen. The roles are written out, since a change of display would take them away.

import { element, reconcile } from "./dom.js";

/**
 * @param caption what the table is, for screen readers
 * @param columns `{ head, kind, title }`; kind is name, number, wide or spark
 */
export function table(caption, columns) {
  const body = element("tbody", { role: "rowgroup" });
  const head = element("tr", { role: "row" }, ...columns.map(column => element(
    "th", { role: "columnheader", scope: "col", class: `col-${column.kind}`, title: column.title ?? null }, column.head)));
  const node = element(
    "table", { role: "table", "aria-label": caption, data: { numbers: columns.filter(column => column.kind === "number").length } },
    element("thead", { role: "rowgroup" }, head), body);
  return {
    node,
    show(items, key, make, update) {
      reconcile(body, items, key, item => {
        const row = element("tr", { role: "row" }, ...columns.map((column, index) => element(
          index === 0 ? "th" : "td",
          { role: index === 0 ? "rowheader" : "cell", scope: index === 0 ? "row" : null, class: `col-${column.kind}`, data: { label: column.head } })));
        make(row, item);
        return row;
      }, update);
    },
  };
}
