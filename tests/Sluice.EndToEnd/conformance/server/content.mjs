// What tools, prompts and resources of the suite's names consist of.

/** A PNG of one red pixel. */
export const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";

/** A WAV file of two silent bytes. */
export const silence = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA=";

export const text = (value) => ({ type: "text", text: value });
export const image = () => ({ type: "image", data: pixel, mimeType: "image/png" });
export const audio = () => ({ type: "audio", data: silence, mimeType: "audio/wav" });
export const embedded = (uri, mimeType, value) => ({ type: "resource", resource: { uri, mimeType, text: value } });

/** A request for a form, as both eras send it. */
export const form = (message, properties, required = Object.keys(properties)) => ({
  method: "elicitation/create",
  params: { mode: "form", message, requestedSchema: { type: "object", properties, required } },
});

/** A request for a completion by the client's model. */
export const sampling = (prompt, maxTokens = 100) => ({
  method: "sampling/createMessage",
  params: { messages: [{ role: "user", content: text(prompt) }], maxTokens },
});
