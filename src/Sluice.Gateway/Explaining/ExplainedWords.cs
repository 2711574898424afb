namespace Sluice.Gateway;

/// <summary>Values of limits as configuration spells them.</summary>
internal static class ExplainedWords
{
    internal static string Of(LimitMode mode) => mode switch
    {
        LimitMode.Enforce => "enforce",
        LimitMode.Permissive => "permissive",
        LimitMode.Disabled => "disabled",
        _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "Not a mode."),
    };

    /// <summary>The numbers of a limit: <c>100/1m</c>, <c>4 calls at once</c>, or <c>0</c>.</summary>
    internal static string RateOf(RateLimit limit) => limit.AdmitsNothing ? "0"
        : limit.Concurrency is int calls ? $"{Count(calls, "call")} at once"
        : limit.Rate.ToString();

    /// <summary>A number with its word: <c>1 call</c>, <c>2 calls</c>.</summary>
    internal static string Count(long number, string word) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{number:N0} {word}{(number == 1 ? "" : "s")}");
}
