using System.Collections.Frozen;
using StackExchange.Redis;

namespace Sluice.Redis;

/// <summary>What the client's exceptions mean.</summary>
internal static class RedisFaults
{
    /// <summary>The first word of a server's error, and what it says.</summary>
    private static readonly FrozenDictionary<string, RedisFaultKind> Kinds = new Dictionary<string, RedisFaultKind>
    {
        ["NOAUTH"] = RedisFaultKind.Auth,
        ["WRONGPASS"] = RedisFaultKind.Auth,
        ["NOPERM"] = RedisFaultKind.Auth,
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
        ["FOREIGN"] = RedisFaultKind.Script,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The fault that an exception of the client stands for.</summary>
    internal static RedisFaultException Of(Exception exception)
    {
        if (exception is RedisServerException)
        {
            string word = exception.Message.Split(' ', 2)[0];
            return new RedisFaultException(Kinds.GetValueOrDefault(word, RedisFaultKind.Other), exception.Message, exception)
            {
                IsPassing = word == "TRYAGAIN",
            };
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
}
