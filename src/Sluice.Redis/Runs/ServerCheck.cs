using System.Text;

namespace Sluice.Redis;

/// <summary>Runs the script in the form that tries every command it uses, so that what works here works for every call.</summary>
/// <remarks>
/// It needs what calls need: a connection, the rights to run and load the script, a server that can write. A cheaper question,
/// such as SET, is also answered by servers that reject the script. Thread safety: any thread may run it.
/// </remarks>
/// <param name="connection">The connection.</param>
/// <param name="script">The script.</param>
/// <param name="key">A key that holds nothing, in the slot of the calls.</param>
internal sealed class ServerCheck(IRedisConnection connection, DecisionScript script, string key)
{
    private static readonly byte[] Argument = [0, 0, 0, 0, 1, 0, 2];

    /// <summary>Looks for a server that can decide, after one could not: a replica may have become the primary.</summary>
    /// <remarks>The client alone looks once a minute, and after connections that broke.</remarks>
    internal Task RefreshAsync() => connection.RefreshAsync();

    /// <summary>Runs it once.</summary>
    /// <exception cref="RedisFaultException">The server cannot decide; the message says why, and what would help.</exception>
    internal async Task RunAsync()
    {
        await connection.ReadyAsync().ConfigureAwait(false);
        byte[] reply = await script.RunAsync(connection, [key, key + ":log", key + ":slots"], Argument).ConfigureAwait(false);
        if (reply.Length > 0)
        {
            throw FaultOf(Encoding.UTF8.GetString(reply));
        }
    }

    /// <summary>What the failures of commands mean, one on each line: its name and its error.</summary>
    private static RedisFaultException FaultOf(string failures)
    {
        (string Command, string Error)[] all =
        [
            .. failures.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ', 2)).Select(parts => (parts[0], parts[^1])),
        ];

        // A server that is out of memory fails some of them, for a time; what it rejects for good is named as a whole.
        foreach ((string command, string error) in all)
        {
            if (RedisFaults.KindOf(error) is RedisFaultKind kind and not (RedisFaultKind.Refused or RedisFaultKind.Other))
            {
                return new RedisFaultException(kind, error);
            }
        }

        string commands = string.Join(", ", all.Select(failure => failure.Command).Distinct(StringComparer.Ordinal));
        return RedisFaults.Refused($"{commands} in a script: {all[0].Error}");
    }
}
