using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Sluice.Configuration;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>The first configuration that a user writes: one server, and one limit.</summary>
/// <remarks>The values may be of any text: <see cref="FindError"/> says whether they make a valid configuration.</remarks>
internal sealed partial record FirstConfiguration
{
    internal const string PerUser = "user";
    internal const string Shared = "shared";

    /// <summary>The URL of the server, or the command line that starts it.</summary>
    internal string Upstream { get; init; } = "http://127.0.0.1:3001/mcp";

    /// <summary>How many calls are allowed: <c>COUNT/PERIOD</c>.</summary>
    internal string Rate { get; init; } = "100/1m";

    /// <summary>What the limit counts by: <see cref="PerUser"/> or <see cref="Shared"/>.</summary>
    internal string Per { get; init; } = PerUser;

    /// <summary>The user who gets an API key, when the limit counts by user.</summary>
    internal string User { get; init; } = "alice";

    /// <summary>The name of the server.</summary>
    internal string Server { get; init; } = "main";

    internal bool HasUsers => Per == PerUser;

    /// <summary>The text of the file, in YAML.</summary>
    /// <param name="key">The key of <see cref="User"/>.</param>
    internal string ToYaml(NewApiKey key)
    {
        string scope = HasUsers ? "perUser" : "shared";
        string auth =
            $"""
            auth:
              apiKeys: # 'sluice new-key --user NAME' prints the entry of another user.
                - {key.EntryOf(User)}

            """;
        return
            $$"""
            # Written by 'sluice init'. After a change: sluice validate FILE
            {{(HasUsers ? auth : "")}}servers:
              - name: {{OutputText.Text(Server)}}
                upstream: {{UpstreamToYaml()}}
                rateLimiting:
                  {{scope}}: {{(PlainRate().IsMatch(Rate) ? Rate : OutputText.Text(Rate))}}
                  # A tool that costs more gets a limit of its own:
                  # tools:
                  #   - { name: search, {{scope}}: 10/1m }

            """;
    }

    /// <summary>What is wrong with the values, at the first place that is wrong; or null.</summary>
    internal string? FindError()
    {
        if (Per is not (PerUser or Shared))
        {
            return $"{Shown.Quote(Per)} is not what a limit counts by here. Write {PerUser} or {Shared}.";
        }

        if (IsCommand() && Arguments() is [])
        {
            return "no server is named. Write its URL, such as http://127.0.0.1:3001/mcp, or the command that starts it.";
        }

        if (IsCommand() && HostAndPort().IsMatch(Upstream))
        {
            return $"{Shown.Quote(Upstream)} is neither a URL nor a command. "
                + $"Write {Shown.Quote($"http://{Upstream}")} for a server over HTTP.";
        }

        if (!Sluice.Rate.TryParse(Rate, out _, out string? error))
        {
            return error;
        }

        GatewayFileResult result = GatewayFile.Parse(ToYaml(NewApiKey.Create()), "sluice.yaml");
        return result.Faults is [Fault first, ..] ? first.Message : null;
    }

    private bool IsCommand() => !Upstream.Contains("://", StringComparison.Ordinal);

    private string[] Arguments() => [.. CommandLineParser.SplitCommandLine(Upstream)];

    private string UpstreamToYaml()
    {
        if (!IsCommand())
        {
            return OutputText.Text(Upstream.Trim());
        }

        string[] words = Arguments();
        string arguments = words.Length > 1 ? $", args: {OutputText.Texts(words.Skip(1))}" : "";
        return $"{{ command: {OutputText.Text(words[0])}{arguments} }}";
    }

    // Needs no quotes in YAML.
    [GeneratedRegex("^[0-9]+/[A-Za-z0-9.]+$")]
    private static partial Regex PlainRate();

    [GeneratedRegex(@"^\S+:[0-9]+(/\S*)?$")]
    private static partial Regex HostAndPort();
}
