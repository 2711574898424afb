// Numbers, durations and instants as people read them.

const whole = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const minutes = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** A count: 1,204, and 1.2M from a million on. */
export const count = value => (value >= 1_000_000 ? short.format(value) : whole.format(value));

/** A rate: 0, 0.4, 12.5, 340. */
export function rate(value) {
  if (value === 0) {
    return "0";
  }

  return value < 0.05 ? "<0.1" : value < 99.95 ? value.toFixed(1) : count(Math.round(value));
}

/** A share from 0 to 1 as a percentage. A share that is not 0 or 1 is never shown as 0 % or 100 %. */
export function percent(share) {
  const value = share * 100;
  if (value > 0 && value < 0.1) {
    return "<0.1 %";
  }

  return value > 99.9 && value < 100 ? ">99.9 %" : `${value < 10 && value > 0 ? value.toFixed(1) : Math.round(value)} %`;
}

/** Tokens of a bucket, which may be part of one: 12, 2.5. */
export const tokens = value => (Number.isInteger(value) ? count(value) : value.toFixed(1));

/** A duration in ms in its two largest units: 340 ms, 12 s, 3 min 20 s, 2 h 5 min, 4 d 3 h. */
export function duration(ms) {
  if (ms < 1000) {
    return `${Math.max(0, Math.round(ms))} ms`;
  }

  if (ms < 10_000) {
    return `${(Math.ceil(ms / 100) / 10).toFixed(1).replace(".0", "")} s`;
  }

  const seconds = Math.ceil(ms / 1000);
  const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  const first = units.findIndex(([, size]) => seconds >= size);
  const [unit, size] = units[first];
  const rest = units[first + 1];
  const remainder = rest ? Math.floor((seconds % size) / rest[1]) : 0;
  return `${Math.floor(seconds / size)} ${unit}${remainder > 0 ? ` ${remainder} ${rest[0]}` : ""}`;
}

/** The time of day of an instant, in the browser's time zone. */
export const time = instant => clock.format(new Date(instant));

/** The time of day without seconds. */
export const minute = instant => minutes.format(new Date(instant));

/** Day and time of an instant; the time alone when it is of today. */
export function instant(value) {
  const date = new Date(value);
  return date.toDateString() === new Date().toDateString() ? clock.format(date) : day.format(date);
}

/** "1 call", "2 calls". */
export const plural = (value, one, many = `${one}s`) => `${count(value)} ${value === 1 ? one : many}`;
