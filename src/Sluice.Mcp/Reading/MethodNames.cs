using System.Buffers;

namespace Sluice.Mcp.Reading;

/// <summary>The names of methods: which are well formed, and which name an operation.</summary>
internal static class MethodNames
{
    internal const int MaxLength = 128;
    internal const string ToolsCall = "tools/call";
    internal const string PromptsGet = "prompts/get";
    internal const string ResourcesRead = "resources/read";
    private static readonly string[] Metered = [ToolsCall, PromptsGet, ResourcesRead];

    private static readonly SearchValues<char> Characters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_$./-");

    internal static bool IsWellFormed(string method) =>
        method.Length is >= 1 and <= MaxLength && method.AsSpan().IndexOfAnyExcept(Characters) < 0;

    /// <summary>Whether a server that ignores case would run a metered method that the limiter does not see.</summary>
    internal static bool IsMeteredInDisguise(string method) =>
        Metered.Any(name => name != method && name.Equals(method, StringComparison.OrdinalIgnoreCase));

    /// <summary>The same text, as the one instance that the process keeps of a common method.</summary>
    internal static string Shared(string method)
    {
        foreach (string name in Metered)
        {
            if (name == method)
            {
                return name;
            }
        }

        return method;
    }
}
