// Tools of 2026-07-28 alone: calls of several rounds, capabilities, and changes that subscribers hear of.
import { form, sampling, text } from "./content.mjs";
import { missingCapability, McpError } from "./protocol.mjs";
import { isAnswered, seal, unseal } from "./rounds.mjs";

const say = (value) => ({ content: [text(value)] });
const ask = (inputRequests, state) => ({
  resultType: "input_required",
  inputRequests,
  ...(state === undefined ? {} : { requestState: seal(state) }),
});
const roots = { method: "roots/list", params: {} };
const nameForm = form("What is your name?", { name: { type: "string" } });
const confirmation = { confirm: form("Please confirm", { ok: { type: "boolean" } }) };

/** A tool that asks once and then answers. */
const asksOnce = (description, key, request, answer) => ({
  description,
  call: (_, { inputResponses }) =>
    isAnswered(inputResponses, key) ? say(answer(inputResponses[key])) : ask({ [key]: request }),
});

/** A tool that asks for a confirmation and takes it only with the state that it gave out. */
const confirms = (description) => ({
  description,
  call(_, { inputResponses, requestState }) {
    if (requestState === undefined || !isAnswered(inputResponses, "confirm")) {
      return ask(confirmation, { step: 1 });
    }

    unseal(requestState);
    return say("state-ok");
  },
});

export const modernTools = {
  test_input_required_result_elicitation:
    asksOnce("Asks the user's name", "user_name", nameForm, (answer) => `Hello, ${answer.content?.name}!`),
  test_input_required_result_sampling:
    asksOnce("Asks the client's model", "capital_question", sampling("What is the capital of France?"),
      (answer) => answer.content?.text ?? ""),
  test_input_required_result_list_roots:
    asksOnce("Asks for the client's roots", "client_roots", roots, (answer) => JSON.stringify(answer.roots)),
  test_input_required_result_request_state: confirms("Asks for a confirmation, and keeps its state with the client"),
  test_input_required_result_tampered_state: confirms("Refuses state that the client changed"),
  test_input_required_result_multiple_inputs: {
    description: "Asks three things at once",
    call(_, { inputResponses, requestState }) {
      const keys = ["user_name", "greeting", "client_roots"];
      if (requestState === undefined || !keys.every((key) => isAnswered(inputResponses, key))) {
        return ask({ user_name: nameForm, greeting: sampling("Generate a greeting", 50), client_roots: roots }, { step: 1 });
      }

      unseal(requestState);
      return say(`${inputResponses.greeting.content?.text} ${inputResponses.user_name.content?.name}`);
    },
  },
  test_input_required_result_multi_round: {
    description: "Asks twice, one after the other",
    call(_, { inputResponses, requestState }) {
      const state = requestState === undefined ? { step: 1 } : unseal(requestState);
      if (state.step === 1 && !isAnswered(inputResponses, "step1")) {
        return ask({ step1: form("Step 1: What is your name?", { name: { type: "string" } }) }, state);
      }

      if (state.step === 1 || !isAnswered(inputResponses, "step2")) {
        const name = state.name ?? inputResponses.step1.content?.name;
        return ask({ step2: form("Step 2: What is your favorite color?", { color: { type: "string" } }) }, { step: 2, name });
      }

      return say(`${state.name} likes ${inputResponses.step2.content?.color}.`);
    },
  },
  test_input_required_result_capabilities: {
    description: "Asks only what the client can answer",
    call(_, { clientCapabilities }) {
      const able = {
        ...(clientCapabilities.elicitation ? { user_name: nameForm } : {}),
        ...(clientCapabilities.sampling ? { greeting: sampling("Generate a greeting", 50) } : {}),
      };
      return Object.keys(able).length > 0 ? ask(able) : say("There is nothing that this client could be asked.");
    },
  },
  test_missing_capability: {
    description: "Needs a client that has a model",
    call(_, { clientCapabilities }) {
      if (!clientCapabilities.sampling) {
        throw new McpError(missingCapability, "This tool needs the client capability 'sampling'.", {
          status: 400,
          data: { requiredCapabilities: { sampling: {} } },
        });
      }

      return say("The client has a model.");
    },
  },
  test_streaming_elicitation: {
    description: "Asks the user on a stream",
    call(_, context) {
      context.stream();
      return isAnswered(context.inputResponses, "user_name") ? say("Thank you.") : ask({ user_name: nameForm });
    },
  },
  test_logging_tool: {
    description: "Logs, where the request asks for it",
    call(_, context) {
      context.stream();
      context.log("info", "The tool runs");
      return say("Done.");
    },
  },
  test_header_argument: {
    description: "Has an argument that a header repeats",
    inputSchema: {
      type: "object",
      properties: { region: { type: "string", "x-mcp-header": "Region" } },
      required: ["region"],
    },
    call: ({ region }) => say(`Region: ${region}`),
  },
  test_trigger_tool_change: {
    description: "Says that the tools changed",
    call(_, context) {
      context.publish("toolsListChanged");
      return say("Said.");
    },
  },
  test_trigger_prompt_change: {
    description: "Says that the prompts changed",
    call(_, context) {
      context.publish("promptsListChanged");
      return say("Said.");
    },
  },
};
