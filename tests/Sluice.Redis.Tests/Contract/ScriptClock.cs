using System.Text;

namespace Sluice.Redis.Tests;

/// <summary>The script by a clock that a test moves. Its keys do not expire, since the server's clock is another one.</summary>
internal static class ScriptClock
{
    private const string Lines =
        """
        local clock = tonumber(ARGV[2])
        local horizon = 253402300799000

        """;

    /// <summary>The name of the server's life, as the scripts of shares keep it.</summary>
    internal const string Server = "1";

    private const string ServerLine = $"local server = '{Server}'\n";

    /// <summary>The script by a manual clock: its wall clock when this is called, and what has elapsed since.</summary>
    internal static DecisionScript Of(ManualTimeProvider time) => new(Lines, ArgumentOf(time));

    /// <summary>The script of heartbeats by a manual clock, in the same way.</summary>
    internal static HeartbeatScript HeartbeatsOf(ManualTimeProvider time) => new(Lines, ArgumentOf(time));

    /// <summary>The scripts of shares by a manual clock, in the same way, on a server that never starts again.</summary>
    internal static ShareScripts SharesOf(ManualTimeProvider time) => new(
        new ShareScript(Lines + ServerLine, ArgumentOf(time)), new ShareDecisionScript(Lines + ServerLine, ArgumentOf(time)));

    private static Func<byte[]> ArgumentOf(ManualTimeProvider time)
    {
        long originMicros = (time.Wall - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        long elapsed = time.Elapsed.Ticks;
        return () =>
        {
            long micros = originMicros + ((time.Elapsed.Ticks - elapsed) / TimeSpan.TicksPerMicrosecond);
            return Encoding.ASCII.GetBytes(micros.ToString(System.Globalization.CultureInfo.InvariantCulture));
        };
    }
}
