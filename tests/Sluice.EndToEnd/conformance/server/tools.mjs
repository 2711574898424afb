// Tools of both eras. A tool is { description, inputSchema?, outputSchema?, call(arguments, context) }; what it may do with the context is
// what its era offers: notify(method, params), log(level, data), progress(done, total), and request(method, params) where
// servers send requests.
import { setTimeout as delay } from "node:timers/promises";
import { audio, embedded, form, image, sampling, text } from "./content.mjs";
import { modernTools } from "./modern-tools.mjs";

const stepMs = 50;
const result = (...content) => ({ content });
const say = (value) => result(text(value));

const schema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  $defs: {
    address: {
      $anchor: "addressDef",
      type: "object",
      properties: { street: { type: "string" }, city: { type: "string" } },
    },
  },
  properties: {
    name: { type: "string" },
    address: { $ref: "#/$defs/address" },
    contactMethod: { type: "string", enum: ["phone", "email"] },
    phone: { type: "string" },
    email: { type: "string" },
  },
  allOf: [{ anyOf: [{ required: ["phone"] }, { required: ["email"] }] }],
  if: { properties: { contactMethod: { const: "phone" } }, required: ["contactMethod"] },
  then: { required: ["phone"] },
  else: { required: ["email"] },
  additionalProperties: false,
};

const commonTools = {
  test_simple_text: {
    description: "Answers with text",
    call: () => say("This is a simple text response for testing."),
  },
  structured_text: {
    description: "Answers with text, and with an object that its output schema describes",
    outputSchema: { type: "object", properties: { text: { type: "string" } }, required: ["text"], additionalProperties: false },
    call: () => ({ ...say("This is a simple text response for testing."), structuredContent: { text: "This is a simple text response for testing." } }),
  },
  test_image_content: { description: "Answers with an image", call: () => result(image()) },
  test_audio_content: { description: "Answers with sound", call: () => result(audio()) },
  test_embedded_resource: {
    description: "Answers with a resource",
    call: () => result(embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")),
  },
  test_multiple_content_types: {
    description: "Answers with text, an image and a resource",
    call: () => result(
      text("Multiple content types test:"),
      image(),
      embedded("test://mixed-content-resource", "application/json", JSON.stringify({ test: "data", value: 123 }))),
  },
  test_error_handling: {
    description: "Always fails",
    call: () => ({ ...say("This tool intentionally returns an error for testing"), isError: true }),
  },
  test_tool_with_progress: {
    description: "Reports its progress three times",
    async call(_, context) {
      context.progress(0, 100);
      await delay(stepMs);
      context.progress(50, 100);
      await delay(stepMs);
      context.progress(100, 100);
      return say("Done, with progress.");
    },
  },
  json_schema_2020_12_tool: {
    description: "Has a schema with keywords of JSON Schema 2020-12",
    inputSchema: schema,
    call: (given) => say(JSON.stringify(given)),
  },
};

const legacyTools = {
  test_tool_with_logging: {
    description: "Logs three times",
    async call(_, context) {
      context.log("info", "Tool execution started");
      await delay(stepMs);
      context.log("info", "Tool processing data");
      await delay(stepMs);
      context.log("info", "Tool execution completed");
      return say("Done, with logging.");
    },
  },
  test_reconnection: {
    description: "Closes its stream before it answers; the answer waits for the client that resumes the stream",
    call(_, context) {
      context.detach();
      return say("Resumed.");
    },
  },
  test_sampling: {
    description: "Asks the client's model",
    inputSchema: { type: "object", properties: { prompt: { type: "string" } }, required: ["prompt"] },
    async call({ prompt }, context) {
      const answer = await context.request(sampling(prompt));
      return say(`LLM response: ${answer.content?.text}`);
    },
  },
  test_elicitation: {
    description: "Asks the user",
    inputSchema: { type: "object", properties: { message: { type: "string" } }, required: ["message"] },
    async call({ message }, context) {
      const answer = await context.request(form(message, {
        username: { type: "string", description: "The user's name" },
        email: { type: "string", description: "The user's address" },
      }));
      return say(`User response: action=${answer.action}, content=${JSON.stringify(answer.content)}`);
    },
  },
  test_elicitation_sep1034_defaults: {
    description: "Asks the user, with defaults of every kind",
    async call(_, context) {
      const answer = await context.request(form("Please review the defaults", {
        name: { type: "string", default: "John Doe" },
        age: { type: "integer", default: 30 },
        score: { type: "number", default: 95.5 },
        status: { type: "string", enum: ["active", "inactive", "pending"], default: "active" },
        verified: { type: "boolean", default: true },
      }, []));
      return say(`Elicitation completed: action=${answer.action}, content=${JSON.stringify(answer.content)}`);
    },
  },
  test_elicitation_sep1330_enums: {
    description: "Asks the user, with choices of every kind",
    async call(_, context) {
      const titled = (count, noun) => ["First", "Second", "Third"].slice(0, count)
        .map((title, i) => ({ const: `value${i + 1}`, title: `${title} ${noun}` }));
      const options = ["option1", "option2", "option3"];
      const answer = await context.request(form("Please choose", {
        untitledSingle: { type: "string", enum: options },
        titledSingle: { type: "string", oneOf: titled(3, "Option") },
        legacyEnum: {
          type: "string", enum: ["opt1", "opt2", "opt3"], enumNames: ["Option One", "Option Two", "Option Three"],
        },
        untitledMulti: { type: "array", items: { type: "string", enum: options } },
        titledMulti: { type: "array", items: { anyOf: titled(3, "Choice") } },
      }, []));
      return say(`Elicitation completed: action=${answer.action}, content=${JSON.stringify(answer.content)}`);
    },
  },
};

const ofEra = {
  legacy: new Map(Object.entries({ ...commonTools, ...legacyTools })),
  modern: new Map(Object.entries({ ...commonTools, ...modernTools })),
};

export function listTools(era) {
  return [...ofEra[era]].map(([name, { description, inputSchema = { type: "object" }, outputSchema }]) => ({
    name,
    description,
    inputSchema,
    ...(outputSchema === undefined ? {} : { outputSchema }),
  }));
}

export function findTool(era, name) {
  return ofEra[era].get(name);
}
