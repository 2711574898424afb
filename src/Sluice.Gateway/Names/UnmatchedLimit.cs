using System.Collections.Immutable;
using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>A limit for a name or a glob that matches nothing that its server has.</summary>
/// <param name="List">What it should match: <c>tools</c>, <c>prompts</c>, <c>resources</c> or <c>methods</c>.</param>
/// <param name="Place">The place of the name below <c>rateLimiting</c>: names of fields, and indexes of lists.</param>
/// <param name="Name">The name or glob.</param>
/// <param name="Nearest">The name that is probably meant; or null.</param>
/// <param name="OtherList">The list in which the name would match; or null.</param>
internal sealed record UnmatchedLimit(string List, ImmutableArray<object> Place, string Name, string? Nearest, string? OtherList)
{
    /// <summary>The path of the name below <c>rateLimiting</c>.</summary>
    internal string Path => string.Concat(Place.Select((step, index) => step is int ? $"[{step}]" : index == 0 ? $"{step}" : $".{step}"));

    /// <summary>What is wrong, and the way out.</summary>
    /// <param name="server">The server's name.</param>
    /// <param name="shown">The name as the configuration has it, in quotes.</param>
    internal string Message(string server, string shown)
    {
        string what = List == "methods" ? "no method that" : $"no {List[..^1]} of";
        string advice = OtherList is not null ? $"It matches under '{OtherList}': move it there."
            : Nearest is not null ? $"Did you mean {Shown.Quote(Nearest)}?"
            : $"Correct it, or remove it: it limits nothing.";
        return List == "methods"
            ? $"{shown} matches {what} the server {Shown.Quote(server)} has. {advice}"
            : $"{shown} matches {what} the server {Shown.Quote(server)}. {advice}";
    }
}
