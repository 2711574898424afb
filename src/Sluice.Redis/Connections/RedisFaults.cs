using System.Collections.Frozen;
using StackExchange.Redis;

namespace Sluice.Redis;

/// <summary>Classifies the client's exceptions and the errors of servers.</summary>
internal static class RedisFaults
{
    /// <summary>All that a user of Redis must be allowed to do, as ACL rules.</summary>
    internal const string MinimumRights =
        "+echo +evalsha +script|load +time +get +set +setrange +pexpireat +del +llen +lrange +lindex +lset +lpop +rpop +rpush +sadd +srem +scard +smembers";

    /// <summary>What a user of Redis must be allowed to do beside that for shares.</summary>
    internal const string ShareRights = "+hget +hset +hdel +hscan +info";

    /// <summary>The first word of a server's error, and what it says.</summary>
    private static readonly FrozenDictionary<string, RedisFaultKind> Kinds = new Dictionary<string, RedisFaultKind>
    {
        ["NOAUTH"] = RedisFaultKind.Auth,
        ["WRONGPASS"] = RedisFaultKind.Auth,
        ["NOPERM"] = RedisFaultKind.Refused,
        ["OOM"] = RedisFaultKind.Unwritable,
        ["READONLY"] = RedisFaultKind.Unwritable,
        ["LOADING"] = RedisFaultKind.Unwritable,
        ["MISCONF"] = RedisFaultKind.Unwritable,
        ["NOREPLICAS"] = RedisFaultKind.Unwritable,
        ["MASTERDOWN"] = RedisFaultKind.Unwritable,
        ["CLUSTERDOWN"] = RedisFaultKind.Unwritable,
        ["TRYAGAIN"] = RedisFaultKind.Unwritable,
        ["BUSY"] = RedisFaultKind.Timeout,
        ["WRONGTYPE"] = RedisFaultKind.Script,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>What servers say of a user's rights within a script: Redis 7.0, then Redis 8 and Valkey.</summary>
    private static readonly string[] RejectionsByAcl = ["The user executing the script can't", "ACL failure in script"];

    /// <summary>What servers say, after the general word ERR, of something that is turned off or not there.</summary>
    private static readonly string[] Rejections =
        [.. RejectionsByAcl, "unknown command", "unknown redis command", "unknown subcommand", "unknown script", "scripting support disabled"];

    /// <summary>The errors for which the client aborts a connection that it is making.</summary>
    private static readonly string[] Denials = ["NOPERM", "WRONGPASS", "NOAUTH"];

    /// <summary>The fault that an exception of the client means.</summary>
    internal static RedisFaultException Of(Exception exception)
    {
        if (exception is RedisServerException)
        {
            string word = WordOf(exception.Message);
            RedisFaultKind ofServer = KindOf(exception.Message);
            return ofServer == RedisFaultKind.Refused ? Refused(exception.Message) : new RedisFaultException(ofServer, exception.Message, exception)
            {
                IsTransient = word == "TRYAGAIN",
                IsScriptMissing = word == "NOSCRIPT",
            };
        }

        if (exception is RedisConnectionException && Array.Find(Denials, exception.Message.Contains) is string denial)
        {
            // The client found out while it connected, and says more around it.
            string error = exception.Message[exception.Message.IndexOf(denial, StringComparison.Ordinal)..].Split(", mc: ")[0];
            return KindOf(error) == RedisFaultKind.Refused ? Refused(error) : new RedisFaultException(KindOf(error), error, exception);
        }

        RedisFaultKind kind = exception switch
        {
            RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure } => RedisFaultKind.Auth,
            RedisConnectionException or ObjectDisposedException => RedisFaultKind.Connection,
            TimeoutException => RedisFaultKind.Timeout,
            _ => RedisFaultKind.Other,
        };
        return new RedisFaultException(kind, exception.Message, exception);
    }

    /// <summary>A rejection, with what the server's operator can do about it.</summary>
    internal static RedisFaultException Refused(string message)
    {
        string advice = message.Contains("NOPERM", StringComparison.Ordinal) || Array.Exists(RejectionsByAcl, message.Contains)
            ? $"Give the user of the connection these rights: {MinimumRights}, and its keys: ~PREFIX:*."
            : message.Contains("scripting support", StringComparison.OrdinalIgnoreCase)
                ? "Start Garnet with --lua --lua-transaction-mode."
                : $"Sluice needs these commands, under their own names: {MinimumRights}.";
        return new RedisFaultException(RedisFaultKind.Refused, $"{message.TrimEnd('.')}. {advice}");
    }

    /// <summary>What a server's error says.</summary>
    internal static RedisFaultKind KindOf(string error) =>
        Kinds.TryGetValue(WordOf(error), out RedisFaultKind kind) ? kind
        : Array.Exists(Rejections, rejection => error.Contains(rejection, StringComparison.OrdinalIgnoreCase)) ? RedisFaultKind.Refused
        : RedisFaultKind.Other;

    // Garnet puts ERR before an error's own word.
    private static string WordOf(string error)
    {
        string[] words = error.Split(' ', 3);
        return words[0] == "ERR" && words.Length > 1 && Kinds.ContainsKey(words[1]) ? words[1] : words[0];
    }
}
