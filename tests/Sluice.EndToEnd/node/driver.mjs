// What the drivers share: they connect one client, run a script of steps with it, and print for each step one line
// of JSON that says what the caller of the client sees.
//
//   node DRIVER URL API_KEY STEPS       (API_KEY may be empty; STEPS is a JSON array)
//
// A step is one of
//   {"call": TOOL, "args": {…}}   {"get": PROMPT, "args": {…}}   {"read": URI}
//   {"list": "tools" | "prompts" | "resources"}   {"ping": true}   {"terminate": true}
// and is run "times" times (default 1), one after the other.
// A line is {"step": …, "ok": true, "result": …}, or {"step": …, "ok": false, "error": {…}}.
// The first line is that of connecting: its step is "connect".

const run = {
  call: (client, step) => client.callTool({ name: step.call, arguments: step.args ?? {} }),
  get: (client, step) => client.getPrompt({ name: step.get, arguments: step.args ?? {} }),
  read: (client, step) => client.readResource({ uri: step.read }),
  ping: (client) => client.ping(),
  terminate: (client) => client.transport.terminateSession().then(() => ({})),
  list: (client, step) =>
    ({
      tools: () => client.listTools(),
      prompts: () => client.listPrompts(),
      resources: () => client.listResources(),
    })[step.list](),
};

const isNumber = (value) => typeof value === 'number';

/** The error as the caller gets it. Only what is there: an absent member stays absent. */
function describe(error) {
  const status = [error.status, error.data?.status].find(isNumber);
  return {
    class: error.constructor.name,
    code: error.code,
    message: error.message,
    data: error.data,
    httpStatus: status,
  };
}

async function report(step, action) {
  try {
    console.log(JSON.stringify({ step, ok: true, result: await action() }));
    return true;
  } catch (error) {
    console.log(JSON.stringify({ step, ok: false, error: describe(error) }));
    return false;
  }
}

/** The headers that present the key, if there is one. */
export function readArguments() {
  const [url, apiKey, steps] = process.argv.slice(2);
  return {
    url: new URL(url),
    steps: JSON.parse(steps),
    requestInit: apiKey ? { headers: { Authorization: `Bearer ${apiKey}` } } : {},
  };
}

export async function drive(client, transport, steps, connected) {
  client.onerror = (error) => console.error(`client: ${error.message}`);
  const isConnected = await report('connect', async () => {
    await client.connect(transport);
    return connected();
  });

  for (const step of isConnected ? steps : []) {
    const verb = Object.keys(run).find((name) => name in step);
    for (let time = 0; time < (step.times ?? 1); time++) {
      await report(verb, () => run[verb](client, step));
    }
  }

  await client.close();
}
