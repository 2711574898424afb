using System.Text.RegularExpressions;

namespace Sluice.Gateway;

/// <summary>A condition in CEL that a <c>when</c> can express: comparisons with texts, all of which must hold.</summary>
internal sealed partial class ImportedCondition
{
    private const string ToolHeader = "request.headers['x-mcp-toolname']";
    private readonly List<string> _users = [];
    private readonly List<string> _tools = [];
    private readonly List<(string Claim, string Value)> _claims = [];

    /// <summary>Whether it looks at the caller.</summary>
    internal bool IsAboutCaller => _users.Count > 0 || _claims.Count > 0;

    /// <summary>The condition; null where it says more than <c>when</c> can.</summary>
    /// <param name="expressions">Expressions that must all hold.</param>
    internal static ImportedCondition? Parse(params IEnumerable<string> expressions)
    {
        ImportedCondition condition = new();
        return expressions.SelectMany(expression => expression.Split("&&")).All(term => condition.TryAdd(term.Trim())) ? condition : null;
    }

    /// <summary>A part of a key for what an expression names: <c>user</c> or <c>claim:NAME</c>; null for anything else.</summary>
    internal static string? KeyPart(string expression) => Subject().IsMatch(expression) ? "user"
        : Claim().Match(expression.Trim()) is { Success: true } claim ? $"claim:{claim.Groups["name"].Value}"
        : null;

    /// <summary>Writes it as <c>when</c>.</summary>
    internal void WriteTo(OutputGroup limit)
    {
        if (_users.Count + _tools.Count + _claims.Count == 0)
        {
            return;
        }

        OutputGroup when = limit.AddGroup("when");
        if (_tools.Count > 0)
        {
            when.Add("tools", _tools);
        }

        if (_users.Count > 0)
        {
            when.Add("users", _users);
        }

        if (_claims.Count > 0)
        {
            OutputGroup claims = when.AddGroup("claims");
            foreach ((string claim, string value) in _claims)
            {
                claims.Add(claim, [value]);
            }
        }
    }

    private bool TryAdd(string term)
    {
        Match comparison = Comparison().Match(term);
        if (!comparison.Success)
        {
            return false;
        }

        string left = comparison.Groups["left"].Value.Trim().Replace('"', '\'');
        string value = comparison.Groups["value"].Value;
        if (left is "mcp.tool.name" or ToolHeader)
        {
            _tools.Add(value);
            return _tools.Count == 1; // Two names at once hold for no call.
        }

        switch (KeyPart(left))
        {
            case "user":
                _users.Add(value);
                return _users.Count == 1;
            case string claim when _claims.All(known => known.Claim != claim["claim:".Length..]):
                _claims.Add((claim["claim:".Length..], value));
                return true;
            default:
                return false;
        }
    }

    [GeneratedRegex(@"^(?<left>[^=!<>]+)==\s*(?<quote>['""])(?<value>[^'""\\]+)\k<quote>$", RegexOptions.ExplicitCapture)]
    private static partial Regex Comparison();

    [GeneratedRegex(@"^\s*(auth\.identity|jwt)\.(sub|userid|user_id|username)\s*$", RegexOptions.ExplicitCapture)]
    private static partial Regex Subject();

    [GeneratedRegex(@"^(auth\.identity|jwt)\.(?<name>[A-Za-z_][A-Za-z0-9_]*)$", RegexOptions.ExplicitCapture)]
    private static partial Regex Claim();
}
