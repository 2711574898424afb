using System.Collections.Immutable;
using System.Text;

namespace Sluice.Documents;

/// <summary>
/// Replaces <c>${NAME}</c>, <c>${NAME:-default}</c> and <c>${file:/path}</c> in a scalar; <c>$${</c> stands for <c>${</c>.
/// </summary>
/// <remarks>It works on values that are already parsed, so that no value can change a document's structure.</remarks>
internal sealed class Substitution(IValueSource values)
{
    private const string FilePrefix = "file:";

    /// <summary>The text with everything replaced; what cannot be replaced is left out.</summary>
    /// <param name="text">The text as written.</param>
    /// <param name="replaced">Where in the result each value is.</param>
    /// <param name="faults">What is missing: by its name, never by a value.</param>
    internal string Apply(string text, out ImmutableArray<Range> replaced, out ImmutableArray<string> faults)
    {
        replaced = [];
        faults = [];
        int start = text.IndexOf("${", StringComparison.Ordinal);
        if (start < 0)
        {
            return text;
        }

        StringBuilder result = new();
        ImmutableArray<Range>.Builder ranges = ImmutableArray.CreateBuilder<Range>();
        ImmutableArray<string>.Builder missing = ImmutableArray.CreateBuilder<string>();
        int at = 0;
        for (; start >= 0; start = text.IndexOf("${", at, StringComparison.Ordinal))
        {
            if (start > at && text[start - 1] == '$')
            {
                result.Append(text, at, start - at - 1).Append("${");
                at = start + 2;
                continue;
            }

            int end = text.IndexOf('}', start);
            if (end < 0)
            {
                missing.Add("begins a '${' that no '}' ends. Write $${ for the characters themselves.");
                break;
            }

            int from = result.Append(text, at, start - at).Length;
            ranges.Add(from..result.Append(Resolve(text[(start + 2)..end], missing)).Length);
            at = end + 1;
        }

        replaced = ranges.ToImmutable();
        faults = missing.ToImmutable();
        return result.Append(text, at, text.Length - at).ToString();
    }

    private string? Resolve(string reference, ImmutableArray<string>.Builder faults)
    {
        if (reference.StartsWith(FilePrefix, StringComparison.Ordinal))
        {
            return ReadFile(reference[FilePrefix.Length..], faults);
        }

        int separator = reference.IndexOf(":-", StringComparison.Ordinal);
        string name = separator < 0 ? reference : reference[..separator];
        if (!IsVariableName(name))
        {
            faults.Add($"{Shown.Quote(name)} is not the name of an environment variable. Write ${{NAME}}, ${{NAME:-default}}, "
                + "${file:/path}, or $${ for the characters themselves.");
            return null;
        }

        // An empty variable counts as none, as it does to a shell's ':-': an empty secret is a mistake.
        string? value = values.FindVariable(name);
        if (!string.IsNullOrEmpty(value))
        {
            return value;
        }

        if (separator >= 0)
        {
            return reference[(separator + 2)..];
        }

        faults.Add($"the environment variable {Shown.Quote(name)} is {(value is null ? "not set" : "empty")}. "
            + $"Set it, or write ${{{Shown.Step(name)}:-default}}.");
        return null;
    }

    private string? ReadFile(string path, ImmutableArray<string>.Builder faults)
    {
        if (!Path.IsPathFullyQualified(path))
        {
            faults.Add($"{Shown.Quote(path)} is not a full path. Write one such as ${{file:/run/secrets/x}}.");
            return null;
        }

        if (values.TryReadFile(path, out string? text, out string? why))
        {
            return text;
        }

        faults.Add($"the file {Shown.Quote(path)} {why}. Name a file that this program may read.");
        return null;
    }

    private static bool IsVariableName(string name) =>
        name.Length > 0
        && !char.IsAsciiDigit(name[0])
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
}
