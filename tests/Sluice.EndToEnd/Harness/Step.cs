namespace Sluice.EndToEnd.Harness;

/// <summary>Steps that a driver in <c>node/</c> carries out; see <c>driver.mjs</c>.</summary>
internal static class Step
{
    public static JsonObject Echo(int times = 1) => new()
    {
        ["call"] = "echo",
        ["args"] = new JsonObject { ["message"] = "hi" },
        ["times"] = times,
    };

    /// <param name="kind"><c>tools</c>, <c>prompts</c> or <c>resources</c>.</param>
    public static JsonObject List(string kind) => new() { ["list"] = kind };

    public static JsonObject Ping() => new() { ["ping"] = true };
}
