import { embedded, form, image, text } from "./content.mjs";
import { isAnswered } from "./rounds.mjs";

const user = (content) => ({ role: "user", content });
const argument = (name, description) => ({ name, description, required: true });

/** By name: what `prompts/list` says of it, and its messages. */
const prompts = new Map([
  ["test_simple_prompt", {
    description: "A prompt without arguments",
    get: () => ({ messages: [user(text("This is a simple prompt for testing."))] }),
  }],
  ["test_prompt_with_arguments", {
    description: "A prompt with two arguments",
    arguments: [argument("arg1", "The first"), argument("arg2", "The second")],
    get: ({ arg1, arg2 }) => ({ messages: [user(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`))] }),
  }],
  ["test_prompt_with_embedded_resource", {
    description: "A prompt that embeds a resource",
    arguments: [argument("resourceUri", "The address of the resource")],
    get: ({ resourceUri }) => ({
      messages: [
        user(embedded(resourceUri, "text/plain", "Embedded resource content for testing.")),
        user(text("Please process the embedded resource above.")),
      ],
    }),
  }],
  ["test_prompt_with_image", {
    description: "A prompt that shows an image",
    get: () => ({ messages: [user(image()), user(text("Please analyze the image above."))] }),
  }],
  ["test_input_required_result_prompt", {
    description: "A prompt that asks its user before it is complete",
    modernOnly: true,
    get: (_, { inputResponses }) => isAnswered(inputResponses, "user_context")
      ? { messages: [user(text(`With the context: ${inputResponses.user_context.content?.context}`))] }
      : {
        resultType: "input_required",
        inputRequests: { user_context: form("What context should the prompt use?", { context: { type: "string" } }) },
      },
  }],
]);

export function listPrompts(isModern) {
  return [...prompts]
    .filter(([, prompt]) => isModern || !prompt.modernOnly)
    .map(([name, prompt]) => ({ name, description: prompt.description, arguments: prompt.arguments }));
}

export function findPrompt(name, isModern) {
  const prompt = prompts.get(name);
  return prompt && (isModern || !prompt.modernOnly) ? prompt : undefined;
}
