using System.Globalization;
using System.Text.RegularExpressions;

namespace Sluice.Configuration;

/// <summary>The options of StackExchange.Redis' text form, and which values each can have.</summary>
/// <remarks>Source: the client's release 3.4. A test gives each of them to the client.</remarks>
internal static partial class RedisOptions
{
    internal const string User = "user";
    internal const string Password = "password";
    internal const string SentinelPassword = "sentinelPassword";
    internal const string Tls = "ssl";
    internal const string Database = "defaultDatabase";
    private const string AnyText = "text without commas";

    private static readonly Dictionary<string, (string Wanted, Func<string, bool> IsValue)> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        [User] = ("text", static _ => true),
        [Password] = ("text", static _ => true),
        ["sentinelUser"] = (AnyText, static _ => true),
        [SentinelPassword] = (AnyText, static _ => true),
        [Tls] = Truth,
        [Database] = From(0),
        ["abortConnect"] = Truth,
        ["allowAdmin"] = Truth,
        ["asyncTimeout"] = From(1),
        ["channelPrefix"] = (AnyText, static _ => true),
        ["checkCertificateRevocation"] = Truth,
        ["configChannel"] = (AnyText, static _ => true),
        ["configCheckSeconds"] = From(0),
        ["connectRetry"] = From(1),
        ["connectTimeout"] = From(1),
        ["highIntegrity"] = Truth,
        ["keepAlive"] = From(-1),
        ["name"] = (AnyText, static _ => true),
        ["protocol"] = ("resp2 or resp3", static text => text.ToUpperInvariant() is "RESP2" or "RESP3" or "2" or "3"),
        ["resolveDns"] = Truth,
        ["serviceName"] = (AnyText, static text => text.Length > 0),
        ["setlib"] = Truth,
        ["sslHost"] = (AnyText, static _ => true),
        ["sslProtocols"] = ("versions of TLS with | between, such as tls12|tls13", static text => TlsVersions().IsMatch(text)),
        ["syncTimeout"] = From(1),
        ["tcpKeepAlive"] = Truth,
        ["tiebreaker"] = (AnyText, static _ => true),
        ["topologyRefreshSeconds"] = From(0),
        ["version"] = ("a version, such as 7.0", static text => Version().IsMatch(text)),
    };

    private static (string Wanted, Func<string, bool> IsValue) Truth =>
        ("true or false", static text => text.ToUpperInvariant() is "TRUE" or "FALSE");

    /// <summary>The names.</summary>
    internal static IReadOnlyCollection<string> Names => Known.Keys;

    /// <summary>The name as it is spelt, or null where there is no such option.</summary>
    internal static string? Find(string name) =>
        Known.Keys.FirstOrDefault(known => known.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? (Command().IsMatch(name) ? name : null);

    /// <summary>What is wrong with a value; null when nothing is.</summary>
    internal static string? WhyNot(string name, string value)
    {
        if (!Known.TryGetValue(name, out (string Wanted, Func<string, bool> IsValue) option))
        {
            return CommandName().IsMatch(value) ? null : $"the command of '{name}' is not a name. Use letters, digits, _ and -.";
        }

        return !option.IsValue(value) || (option.Wanted == AnyText && value.Contains(',', StringComparison.Ordinal))
            ? $"the value of '{name}' is not {option.Wanted}."
            : null;
    }

    private static (string Wanted, Func<string, bool> IsValue) From(int least) =>
        ($"a whole number from {least}", text =>
            int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) && number >= least);

    [GeneratedRegex(@"^\$[A-Za-z]+\z")]
    private static partial Regex Command();

    [GeneratedRegex(@"^[A-Za-z0-9_\-]*\z")]
    private static partial Regex CommandName();

    [GeneratedRegex(@"^tls1[123]?(\|tls1[123]?)*\z", RegexOptions.IgnoreCase)]
    private static partial Regex TlsVersions();

    [GeneratedRegex(@"^[0-9]{1,4}(\.[0-9]{1,4}){0,3}\z")]
    private static partial Regex Version();
}
