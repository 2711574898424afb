// The admin API: requests with the token, when there is one, and the stream of events, read by fetch since an EventSource sends no header.

const TokenKey = "sluice.token";
const Silence = 10_000; // ms without an event, after which a connection is taken for lost; events come once a second.
const FirstDelay = 500;
const LongestDelay = 15_000;
const Hidden = Symbol("the page cannot be seen");

/** An answer that is no success, in words for the operator. */
export class ApiError extends Error {
  constructor(status, message, retryAfter) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** The token of this tab. */
export const token = {
  read: () => sessionStorage.getItem(TokenKey),
  keep: value => sessionStorage.setItem(TokenKey, value),
  forget: () => sessionStorage.removeItem(TokenKey),
};

/** Reads a path of the API. */
export const get = async (path, options = {}) => (await request(path, options)).json();

/** Sends a document to a path of the API. */
export const post = async (path, body) =>
  (await request(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) })).json();

/** Reads something beside the events. A failure shows in the state of their connection, so it is told to developers only. */
export async function beside(read) {
  try {
    await read();
  } catch (error) {
    if (!(error instanceof ApiError)) {
      throw error;
    }

    console.warn(error.message);
  }
}

/**
 * Follows the events, and connects again for as long as the page lives. A hidden page is not connected: a browser has
 * only a few connections to one address, and so does the gateway to all its pages.
 * @param on told of `event(name, data)`, `open()`, `lost(error, delay)` and `refused()`, which gives a promise of a token
 */
export async function follow(on) {
  for (let delay = FirstDelay; ;) {
    await shown();
    try {
      await read(on, () => { delay = FirstDelay; });
    } catch (error) {
      if (error === Hidden) {
        continue;
      }

      if (error instanceof ApiError && error.status === 401) {
        await on.refused();
        delay = FirstDelay;
        continue;
      }

      const wait = Math.max(delay * (0.75 + Math.random() / 2), (error.retryAfter ?? 0) * 1000);
      on.lost(error, wait);
      await pause(wait);
      delay = Math.min(delay * 2, LongestDelay);
    }
  }
}

/** Waits until the page can be seen. */
function shown() {
  return new Promise(resolve => {
    const check = () => {
      if (!document.hidden) {
        document.removeEventListener("visibilitychange", check);
        resolve();
      }
    };
    document.addEventListener("visibilitychange", check);
    check();
  });
}

/** Waits; less long when the machine comes back online. */
function pause(ms) {
  return new Promise(resolve => {
    const end = () => {
      clearTimeout(timer);
      removeEventListener("online", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    addEventListener("online", end);
  });
}

async function request(path, options) {
  const headers = { Accept: "application/json", ...options.headers };
  const value = token.read();
  if (value) {
    headers.Authorization = `Bearer ${value}`;
  }

  let response;
  try {
    response = await fetch(`api/v1/${path}`, { ...options, headers, cache: "no-store", credentials: "omit", redirect: "error" });
  } catch (error) {
    throw options.signal?.aborted ? error : new ApiError(0, "The gateway does not answer.");
  }

  if (!response.ok) {
    throw new ApiError(response.status, await reasonOf(response), Number(response.headers.get("Retry-After")) || 0);
  }

  return response;
}

/** What an error says: the detail of a problem document, or what the status means. */
async function reasonOf(response) {
  try {
    const problem = await response.json();
    return problem.detail ?? problem.title ?? problem.error ?? `The gateway answered ${response.status}.`;
  } catch {
    return `The gateway answered ${response.status}.`;
  }
}

async function read(on, isAlive) {
  const abort = new AbortController();
  const hide = () => {
    if (document.hidden) {
      abort.abort(Hidden);
    }
  };
  document.addEventListener("visibilitychange", hide);
  let silent = setTimeout(() => abort.abort(), Silence);
  try {
    const response = await request("events", { headers: { Accept: "text/event-stream" }, signal: abort.signal });
    on.open();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let buffer = ""; ;) {
      const { value, done } = await reader.read();
      if (done) {
        throw new Error("the gateway closed the connection");
      }

      clearTimeout(silent);
      silent = setTimeout(() => abort.abort(), Silence);
      isAlive();
      const events = (buffer + value).split(/\r?\n\r?\n/);
      buffer = events.pop();
      events.forEach(text => dispatch(text, on));
    }
  } catch (error) {
    throw abort.signal.reason === Hidden ? Hidden : error;
  } finally {
    document.removeEventListener("visibilitychange", hide);
    clearTimeout(silent);
    abort.abort();
  }
}

function dispatch(text, on) {
  let name = "message";
  const data = [];
  for (const line of text.split(/\r?\n/)) {
    const [, field, value] = /^([^:]*):? ?(.*)$/.exec(line);
    if (field === "event") {
      name = value;
    } else if (field === "data") {
      data.push(value);
    }
  }

  if (data.length === 0) {
    return;
  }

  try {
    on.event(name, JSON.parse(data.join("\n")));
  } catch (error) {
    reportError(error); // A fault of the page is no fault of the connection.
  }
}
