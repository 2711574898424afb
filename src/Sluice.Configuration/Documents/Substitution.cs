using System.Text;

namespace Sluice.Configuration.Documents;

/// <summary>
/// Replaces <c>${NAME}</c>, <c>${NAME:-default}</c> and <c>${file:/path}</c> in a scalar; <c>$${</c> stands for <c>${</c>.
/// </summary>
/// <remarks>It works on values that are already parsed, so that no value can change a document's structure.</remarks>
internal static class Substitution
{
    private const string FilePrefix = "file:";
    private const int MaxFileBytes = 64 * 1024;

    /// <summary>The text with everything replaced; what cannot be replaced is left out.</summary>
    /// <param name="text">The text as written.</param>
    /// <param name="fault">Null, or what is missing: by its name, never by a value.</param>
    internal static string Apply(string text, out string? fault)
    {
        fault = null;
        if (!text.Contains("${", StringComparison.Ordinal))
        {
            return text;
        }

        StringBuilder result = new();
        int at = 0;
        while (at < text.Length)
        {
            int start = text.IndexOf("${", at, StringComparison.Ordinal);
            if (start < 0)
            {
                break;
            }

            if (start > at && text[start - 1] == '$')
            {
                result.Append(text, at, start - at - 1).Append("${");
                at = start + 2;
                continue;
            }

            int end = text.IndexOf('}', start);
            if (end < 0)
            {
                fault ??= "begins with '${' something that no '}' ends. Write $${ for the characters themselves.";
                break;
            }

            result.Append(text, at, start - at).Append(Resolve(text[(start + 2)..end], ref fault));
            at = end + 1;
        }

        return result.Append(text, at, text.Length - at).ToString();
    }

    private static string? Resolve(string reference, ref string? fault)
    {
        if (reference.StartsWith(FilePrefix, StringComparison.Ordinal))
        {
            return ReadFile(reference[FilePrefix.Length..], ref fault);
        }

        int separator = reference.IndexOf(":-", StringComparison.Ordinal);
        string name = separator < 0 ? reference : reference[..separator];
        if (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
        {
            fault ??= $"refers to '{name}', which is not the name of an environment variable.";
            return null;
        }

        string? value = Environment.GetEnvironmentVariable(name);
        if (!string.IsNullOrEmpty(value))
        {
            return value;
        }

        if (separator < 0)
        {
            fault ??= $"needs the environment variable '{name}', which is not set. Set it, or write ${{{name}:-default}}.";
            return null;
        }

        return reference[(separator + 2)..];
    }

    private static string? ReadFile(string path, ref string? fault)
    {
        try
        {
            FileInfo file = new(path);
            if (file.Length <= MaxFileBytes)
            {
                return File.ReadAllText(path).TrimEnd('\r', '\n');
            }

            fault ??= $"refers to the file '{path}', which is larger than 64 KiB.";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            fault ??= $"refers to the file '{path}', which cannot be read.";
        }

        return null;
    }
}
