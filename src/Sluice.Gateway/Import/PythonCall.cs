using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;

namespace Sluice.Gateway;

/// <summary>A call in Python source, with its arguments as they are written.</summary>
/// <param name="Name">What is called, without the module.</param>
/// <param name="Line">Its line, from 1.</param>
/// <param name="Arguments">In their order; those without a name have an empty one.</param>
internal sealed partial record PythonCall(string Name, int Line, ImmutableArray<(string Name, string Value)> Arguments)
{
    /// <summary>The calls of some names, outside comments and texts. Code is not run.</summary>
    /// <param name="source">The source.</param>
    /// <param name="names">The names.</param>
    internal static ImmutableArray<PythonCall> FindAll(string source, params string[] names)
    {
        string code = Blank(source);
        return
        [
            .. Call().Matches(code)
                .Where(call => names.Contains(call.Groups["name"].Value))
                .Select(call => new PythonCall(
                    call.Groups["name"].Value,
                    code.AsSpan(0, call.Index).Count('\n') + 1,
                    ReadArguments(code, source, call.Index + call.Length))),
        ];
    }

    /// <summary>The same source with spaces in place of comments and of what is between quotes, so that positions stay.</summary>
    private static string Blank(string source)
    {
        StringBuilder code = new(source.Length);
        int from = 0;
        foreach (Match match in CommentOrText().Matches(source).Cast<Match>())
        {
            code.Append(source, from, match.Index - from);
            code.Append(string.Concat(match.Value.Select(c => c == '\n' ? '\n' : match.Value[0] == '#' ? ' ' : '"')));
            from = match.Index + match.Length;
        }

        return code.Append(source, from, source.Length - from).ToString();
    }

    private static ImmutableArray<(string Name, string Value)> ReadArguments(string code, string source, int start)
    {
        ImmutableArray<(string Name, string Value)>.Builder arguments = ImmutableArray.CreateBuilder<(string Name, string Value)>();
        int depth = 0;
        int from = start;
        for (int at = start; at < code.Length && depth >= 0; at++)
        {
            depth += code[at] is '(' or '[' or '{' ? 1 : code[at] is ')' or ']' or '}' ? -1 : 0;
            if (depth < 0 || (depth == 0 && code[at] == ','))
            {
                if (!string.IsNullOrWhiteSpace(code[from..at]))
                {
                    arguments.Add(Argument(code[from..at], source[from..at]));
                }

                from = at + 1;
            }
        }

        return arguments.ToImmutable();
    }

    private static (string Name, string Value) Argument(string code, string source)
    {
        Match keyword = Keyword().Match(code);
        string shown = keyword.Success ? source[keyword.Length..] : source;
        string value = code.Contains('#', StringComparison.Ordinal) || code.Contains('"', StringComparison.Ordinal)
            ? shown
            : code[(keyword.Success ? keyword.Length : 0)..];
        return (keyword.Groups["name"].Value, value.Trim());
    }

    [GeneratedRegex(@"(?<![\w])(?<!\bdef\s+)(?<!\bclass\s+)(?<name>[A-Za-z_]\w*)\s*\(", RegexOptions.ExplicitCapture)]
    private static partial Regex Call();

    [GeneratedRegex("#[^\n]*|\"\"\".*?(\"\"\"|$)|'''.*?('''|$)|\"([^\"\\\\\n]|\\\\.)*(\"|\n|$)|'([^'\\\\\n]|\\\\.)*('|\n|$)", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex CommentOrText();

    [GeneratedRegex(@"^\s*(?<name>[A-Za-z_]\w*)\s*=(?!=)", RegexOptions.ExplicitCapture)]
    private static partial Regex Keyword();
}
