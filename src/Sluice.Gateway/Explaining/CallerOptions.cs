using System.Collections.Immutable;
using System.CommandLine;
using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>The options that describe a caller: <c>--user</c>, <c>--tenant</c>, <c>--client</c> and <c>--claim</c>.</summary>
internal sealed class CallerOptions
{
    private readonly Option<string?> _user = new("--user", "-u") { Description = "The caller's user; without it the caller has no identity.", HelpName = "NAME" };
    private readonly Option<string?> _tenant = new("--tenant") { Description = "The caller's tenant.", HelpName = "NAME" };
    private readonly Option<string?> _client = new("--client") { Description = "The OAuth client or agent that calls.", HelpName = "NAME" };
    private readonly Option<string[]> _claims = new("--claim")
    {
        Description = "A claim of the caller: NAME=VALUE. May be repeated, also for several values of one claim.",
        HelpName = "NAME=VALUE",
        DefaultValueFactory = _ => [],
    };

    /// <summary>The options, apart from that of the user.</summary>
    internal IEnumerable<Option> WithoutUser => [_tenant, _client, _claims];

    internal void AddTo(Command command)
    {
        command.Add(_user);
        foreach (Option option in WithoutUser)
        {
            command.Add(option);
        }
    }

    /// <summary>What the command line says; null when it is wrong, and the reason.</summary>
    internal DescribedCaller? Read(ParseResult parsed, out string? why)
    {
        Dictionary<string, List<string>> claims = new(StringComparer.Ordinal);
        foreach (string text in parsed.GetValue(_claims) ?? [])
        {
            int equals = text.IndexOf('=');
            if (equals < 1 || equals == text.Length - 1)
            {
                why = $"--claim: {Shown.Quote(text)} is not a claim. Write NAME=VALUE, such as team=search.";
                return null;
            }

            if (!claims.TryGetValue(text[..equals], out List<string>? values))
            {
                claims.Add(text[..equals], values = []);
            }

            values.Add(text[(equals + 1)..]);
        }

        string?[] parts = [parsed.GetResult(_user) is null ? null : parsed.GetValue(_user), parsed.GetValue(_tenant), parsed.GetValue(_client)];
        string[] names = ["--user", "--tenant", "--client"];
        why = parts.Index().Where(part => part.Item is not null && part.Item.Trim().Length == 0)
            .Select(part => $"{names[part.Index]}: the value is empty. Write a name, or leave the option out.")
            .FirstOrDefault();
        return why is not null ? null : new DescribedCaller(
            parts[0],
            parts[1],
            parts[2],
            claims.ToImmutableSortedDictionary(claim => claim.Key, claim => claim.Value.ToImmutableArray(), StringComparer.Ordinal));
    }
}
