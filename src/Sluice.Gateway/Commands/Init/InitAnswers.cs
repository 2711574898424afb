namespace Sluice.Gateway;

/// <summary>What the options of <c>sluice init</c> say; the rest is asked, or has a default.</summary>
internal sealed record InitAnswers
{
    private static readonly FirstConfiguration Default = new();

    internal string? Upstream { get; init; }

    internal string? Rate { get; init; }

    internal string? Per { get; init; }

    internal string User { get; init; } = Default.User;

    internal string Server { get; init; } = Default.Server;

    /// <summary>Whether there is nothing left to ask.</summary>
    internal bool AreComplete => Upstream is not null && Rate is not null && Per is not null;

    /// <summary>The first option that is wrong, and why; or null.</summary>
    internal string? FindError()
    {
        (string Option, FirstConfiguration Alone)[] options =
        [
            ("--upstream", Default with { Upstream = Upstream ?? Default.Upstream }),
            ("--rate", Default with { Rate = Rate ?? Default.Rate }),
            ("--per", Default with { Per = Per ?? Default.Per }),
            ("--user", Default with { User = User }),
            ("--name", Default with { Server = Server }),
        ];
        foreach ((string option, FirstConfiguration alone) in options)
        {
            if (alone.FindError() is string error)
            {
                return $"{option}: {error}";
            }
        }

        return null;
    }

    /// <summary>The configuration, with defaults for what no option says.</summary>
    internal FirstConfiguration WithDefaults() => new()
    {
        Upstream = Upstream ?? Default.Upstream,
        Rate = Rate ?? Default.Rate,
        Per = Per ?? Default.Per,
        User = User,
        Server = Server,
    };

    /// <summary>Asks for what no option says.</summary>
    /// <returns>The configuration; null when the input ended first.</returns>
    internal FirstConfiguration? Ask(Questions questions)
    {
        string? upstream = Upstream ?? questions.Ask(
            "MCP server (URL, or the command that starts it)", null, answer => (Default with { Upstream = answer }).FindError());
        string? rate = upstream is null ? null : Rate ?? questions.Ask(
            "Calls allowed (COUNT/PERIOD)", Default.Rate, answer => (Default with { Rate = answer }).FindError());
        string? per = rate is null ? null : Per ?? questions.Ask(
            "One limit for each user (API keys), or one for all: user, shared",
            Default.Per,
            answer => (Default with { Per = answer }).FindError());
        return per is null ? null : (this with { Upstream = upstream, Rate = rate, Per = per }).WithDefaults();
    }
}
