// What the page knows: the last event, and what it adds up over several of them.

const Window = 10_000; // ms over which a rate of now is taken

/** The key of a limit: names of servers and limits may hold anything that is printable. */
export const keyOf = limit => `${limit.server}\n${limit.limit}`;

export class State {
  /** The last event; null before the first. */
  tick = null;

  /** Histories of the last hour by minute, of servers by name and of limits by key. */
  serverHistory = new Map();
  limitHistory = new Map();

  #samples = [];
  #startedAt = null;

  /** Takes an event. Returns whether the gateway was started again since the one before. */
  take(tick) {
    const isNew = this.#startedAt !== null && this.#startedAt !== tick.status.startedAt;
    if (isNew) {
      this.#samples = [];
    }

    this.#startedAt = tick.status.startedAt;
    this.tick = tick;
    const at = Date.parse(tick.at);
    const limits = new Map(tick.limits.map(limit => [keyOf(limit), limit]));
    this.#samples.push({ at, limits });
    while (this.#samples.length > 2 && this.#samples[1].at <= at - Window) {
      this.#samples.shift();
    }

    return isNew;
  }

  /** Calls a second of a limit over the last ten seconds, or since the page was opened when that is less; null before that is known. */
  rateOf(limit) {
    const first = this.#samples[0];
    const seconds = (Date.parse(this.tick.at) - first.at) / 1000;
    const before = first.limits.get(keyOf(limit));
    return seconds <= 0 || !before
      ? null
      : {
        allowed: Math.max(0, limit.allowed - before.allowed) / seconds,
        refused: Math.max(0, limit.refused - before.refused) / seconds,
        wouldRefuse: Math.max(0, limit.wouldRefuse - before.wouldRefuse) / seconds,
      };
  }
}
