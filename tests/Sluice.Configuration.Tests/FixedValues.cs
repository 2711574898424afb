using System.Diagnostics.CodeAnalysis;

namespace Sluice.Configuration.Tests;

/// <summary>Variables and files that a test sets.</summary>
internal sealed class FixedValues : IValueSource
{
    internal Dictionary<string, string> Variables { get; } = new(StringComparer.Ordinal);

    internal Dictionary<string, string> Files { get; } = new(StringComparer.Ordinal);

    public string? FindVariable(string name) => Variables.GetValueOrDefault(name);

    public bool TryReadFile(string path, [NotNullWhen(true)] out string? text, [NotNullWhen(false)] out string? why)
    {
        why = Files.TryGetValue(path, out text) ? null : "does not exist";
        return why is null;
    }
}
