namespace Sluice.Gateway;

/// <summary>How severe log messages are.</summary>
/// <remarks>Source: RFC 5424, as Model Context Protocol has it in Logging.</remarks>
internal static class LogLevels
{
    private static readonly string[] All = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];

    /// <summary>Whether a client who asks for a level gets a message; one who asks for none gets none.</summary>
    /// <param name="asked">The least severe level that it asks for; null for none.</param>
    /// <param name="message">A <c>notifications/message</c>.</param>
    internal static bool AreWanted(string? asked, ReadOnlySpan<byte> message)
    {
        if (asked is null
            || JsonMembers.Of(message)?.ValueOf("params") is not Range part
            || JsonMembers.Of(message[part])?.ValueOf("level") is not Range level)
        {
            return false;
        }

        return Array.IndexOf(All, JsonMembers.TextOf(message[part][level])) >= Array.IndexOf(All, asked);
    }
}
