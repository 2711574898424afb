using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace Sluice.EndToEnd;

/// <summary>What came back for one message.</summary>
internal sealed record Answer(HttpStatusCode Status, string Body, string RateLimitHeader)
{
    internal static async Task<Answer> ReadAsync(HttpResponseMessage response) => new(
        response.StatusCode,
        await response.Content.ReadAsStringAsync(),
        response.Headers.TryGetValues("RateLimit", out IEnumerable<string>? values) ? string.Join(", ", values) : "");

    /// <summary>The tokens that a limit has left, as the <c>RateLimit</c> header says.</summary>
    internal int Left(string limit)
    {
        Match match = Regex.Match(RateLimitHeader, $"\"{Regex.Escape(limit)}\";r=([0-9]+)");
        match.Success.ShouldBeTrue(RateLimitHeader);
        return int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
    }
}
