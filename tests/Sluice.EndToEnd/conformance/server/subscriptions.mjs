// Streams of `subscriptions/listen`: each hears only what it asked for.
const methods = {
  toolsListChanged: "notifications/tools/list_changed",
  promptsListChanged: "notifications/prompts/list_changed",
};
const listeners = new Set();

/** Opens a stream that ends when its client goes. */
export function listen(response, { id, params }) {
  const notifications = Object.fromEntries(Object.keys(methods).filter((kind) => params.notifications?.[kind]).map((kind) => [kind, true]));
  const send = (method, more) => {
    const message = { jsonrpc: "2.0", method, params: { ...more, _meta: { "io.modelcontextprotocol/subscriptionId": id } } };
    response.write(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
  };
  const listener = { notifications, send };
  listeners.add(listener);
  response.on("close", () => listeners.delete(listener));
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-cache" });
  send("notifications/subscriptions/acknowledged", { notifications });
}

/** Tells those who asked for it that something changed. */
export function publish(kind) {
  for (const { notifications, send } of listeners) {
    if (notifications[kind]) {
      send(methods[kind]);
    }
  }
}
