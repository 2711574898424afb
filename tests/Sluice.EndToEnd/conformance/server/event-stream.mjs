// Server-sent events that outlive their connection: what was sent is kept, for a client that comes back for it.
export class EventStream {
  #id;
  #events = [];
  #response = null;
  #isOver = false;

  constructor(id) {
    this.#id = id;
  }

  /** Sends from now on to this response, and first whatever came behind an event. */
  attach(response, { after = 0, priming = false } = {}) {
    this.#response = response;
    response.on("close", () => {
      if (this.#response === response) {
        this.#response = null;
      }
    });
    response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-cache" });
    if (priming) {
      response.write(`retry: 100\nid: ${this.#id}/0\ndata: \n\n`);
    }

    this.#events.slice(after).forEach((event) => response.write(event));
    if (this.#isOver) {
      response.end();
    }
  }

  send(message) {
    const event = `event: message\nid: ${this.#id}/${this.#events.length + 1}\ndata: ${JSON.stringify(message)}\n\n`;
    this.#events.push(event);
    this.#response?.write(event);
  }

  /** Ends the connection and not the stream. */
  detach() {
    this.#response?.end();
    this.#response = null;
  }

  end() {
    this.#isOver = true;
    this.detach();
  }
}
