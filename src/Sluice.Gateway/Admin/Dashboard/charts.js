// Charts, drawn as SVG. Allowed calls lie below, rejected ones on top of them: the outline is all the calls that came.

import { element, reconcile, setAttribute, setText, shape } from "./dom.js";
import { minute, rate, time } from "./format.js";

const SparkWidth = 120;
const SparkHeight = 24;
const axis = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 2 });
const Margin = { top: 10, right: 4, bottom: 22, left: 38 };

/** A small chart of one hour, for a row. */
export function sparkline() {
  const allowed = shape("path", { class: "area-allowed" });
  const refused = shape("path", { class: "area-refused" });
  const node = shape(
    "svg",
    { class: "spark", viewBox: `0 0 ${SparkWidth} ${SparkHeight}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    shape("path", { class: "baseline", d: `M0 ${SparkHeight - 0.5}H${SparkWidth}` }), allowed, refused);
  node.show = history => {
    const low = history?.allowed ?? [];
    const high = low.map((value, index) => value + history.refused[index]);
    const top = Math.max(1, ...high);
    const x = index => (low.length < 2 ? 0 : (index / (low.length - 1)) * SparkWidth);
    const y = value => SparkHeight - 0.5 - (value / top) * (SparkHeight - 2);
    setAttribute(allowed, "d", band(low, low.map(() => 0), x, y));
    setAttribute(refused, "d", band(high, low, x, y));
  };
  return node;
}

/** The large chart, which the pointer and the arrow keys read. */
export class TrafficChart {
  #host;
  #svg;
  #grid = shape("g", { class: "grid" });
  #labels = shape("g", { class: "axis" });
  #allowed = shape("path", { class: "area-allowed" });
  #refused = shape("path", { class: "area-refused" });
  #line = shape("path", { class: "line-allowed" });
  #cursor = shape("path", { class: "cursor" });
  #range;
  #onRead;
  #points = [];
  #places = 2;
  #stepMs = 1000;
  #index = null;

  /** @param onRead is told of the point under the pointer, or of null when there is none */
  constructor(host, onRead) {
    this.#host = host;
    this.#onRead = onRead;
    this.#svg = shape("svg", { "aria-hidden": "true" },
      this.#grid, this.#allowed, this.#refused, this.#line, this.#cursor, this.#labels);
    this.#range = element("input", { type: "range", min: 0, max: 0, step: 1, "aria-label": "Instant to read" });
    host.append(this.#svg, this.#range);
    this.#range.addEventListener("input", () => this.#read(Number(this.#range.value)));
    this.#range.addEventListener("blur", () => this.#read(null));
    this.#range.addEventListener("focus", () => this.#read(Number(this.#range.value)));
    host.addEventListener("pointermove", event => this.#read(this.#indexAt(event.clientX)));
    host.addEventListener("pointerleave", () => this.#read(null));
    new ResizeObserver(() => this.#draw()).observe(host);
  }

  /**
   * @param points `{ at, allowed, refused }` in calls per second, oldest first
   * @param stepMs the time between two of them
   * @param places how many there would be if the gateway had run long enough; those that are missing stay empty at the left
   */
  show(points, stepMs, places) {
    const atEnd = Number(this.#range.value) === Number(this.#range.max);
    this.#points = points;
    this.#places = Math.max(places, points.length, 2);
    this.#stepMs = stepMs;
    this.#range.max = Math.max(0, points.length - 1);
    if (atEnd && document.activeElement !== this.#range) {
      this.#range.value = this.#range.max;
    }

    this.#draw();
    this.#read(this.#index);
  }

  #read(index) {
    this.#index = index === null || this.#points.length === 0 ? null : Math.min(Math.max(index, 0), this.#points.length - 1);
    const point = this.#index === null ? null : this.#points[this.#index];
    if (point) {
      this.#range.value = this.#index;
      const text = `${time(point.at)}: ${rate(point.allowed)} allowed and ${rate(point.refused)} rejected a second`;
      setAttribute(this.#range, "aria-valuetext", text);
    }

    setAttribute(this.#cursor, "d", point ? `M${this.#x(this.#index)} ${Margin.top}V${this.#height - Margin.bottom}` : "");
    this.#onRead(point);
  }

  #indexAt(clientX) {
    const box = this.#svg.getBoundingClientRect();
    const share = (clientX - box.left - Margin.left) / (box.width - Margin.left - Margin.right);
    return Math.round(share * (this.#places - 1)) - (this.#places - this.#points.length);
  }

  get #width() { return this.#host.clientWidth; }

  get #height() { return this.#host.clientHeight; }

  #x(index) {
    const width = this.#width - Margin.left - Margin.right;
    return Margin.left + ((index + this.#places - this.#points.length) / (this.#places - 1)) * width;
  }

  #draw() {
    if (this.#width === 0) {
      return;
    }

    const low = this.#points.map(point => point.allowed);
    const high = this.#points.map(point => point.allowed + point.refused);
    const { top, step } = scale(Math.max(0, ...high));
    const height = this.#height - Margin.top - Margin.bottom;
    const x = index => this.#x(index);
    const y = value => Margin.top + height - (value / top) * height;
    setAttribute(this.#svg, "viewBox", `0 0 ${this.#width} ${this.#height}`);
    setAttribute(this.#allowed, "d", band(low, low.map(() => 0), x, y));
    setAttribute(this.#refused, "d", band(high, low, x, y));
    setAttribute(this.#line, "d", line(low, x, y));
    this.#drawAxes(top, step, y);
  }

  #drawAxes(top, step, y) {
    const lines = Array.from({ length: Math.round(top / step) + 1 }, (_, index) => index * step);
    reconcile(this.#grid, lines, value => value, () => shape("path"), (node, value) =>
      setAttribute(node, "d", `M${Margin.left} ${Math.round(y(value)) + 0.5}H${this.#width - Margin.right}`));
    const values = lines.map(value => ({ key: `y${value}`, text: axis.format(value), x: Margin.left - 8, y: y(value) + 4, anchor: "end" }));
    reconcile(this.#labels, [...values, ...this.#times()], label => label.key, () => shape("text"), (node, label) => {
      setText(node, label.text);
      setAttribute(node, "x", label.x.toFixed(1));
      setAttribute(node, "y", label.y.toFixed(1));
      setAttribute(node, "text-anchor", label.anchor);
    });
  }

  /** Labels of the time axis, at whole minutes or at whole tens of minutes. */
  #times() {
    const every = this.#stepMs >= 10_000 ? 600_000 : 60_000;
    const labels = [];
    for (const [index, point] of this.#points.entries()) {
      const previous = index > 0 ? Math.floor(this.#points[index - 1].at / every) : null;
      const place = this.#x(index);
      if (previous !== null && previous !== Math.floor(point.at / every) && place > Margin.left + 16 && place < this.#width - 20) {
        labels.push({ key: `x${Math.floor(point.at / every)}`, text: minute(point.at), x: place, y: this.#height - 5, anchor: "middle" });
      }
    }

    return labels;
  }
}

/** A round top of the axis, and the distance of its three or four lines: 1, 2 or 5 times a power of ten. */
function scale(most) {
  const rough = Math.max(most, 1) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(factor => factor * power).find(value => value >= rough);
  return { top: Math.ceil(Math.max(most, 1) / step - 1e-9) * step, step };
}

function line(values, x, y) {
  return values.map((value, index) => `${index === 0 ? "M" : "L"}${x(index).toFixed(1)} ${y(value).toFixed(1)}`).join("");
}

/** The area between two lines. */
function band(upper, lower, x, y) {
  if (upper.length === 0) {
    return "";
  }

  const back = lower.map((value, index) => `L${x(index).toFixed(1)} ${y(value).toFixed(1)}`).reverse();
  return `${line(upper, x, y)}${back.join("")}Z`;
}
