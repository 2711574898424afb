namespace Sluice.Configuration;

/// <summary>
/// Reads the address of Redis: a URL, or servers and options as StackExchange.Redis writes them. Every program uses this reader.
/// </summary>
internal static class RedisAddressReader
{
    private const string Example = "Write servers, such as redis.internal:6379, or a URL, "
        + "such as rediss://user:password@redis.internal:6379/0.";

    /// <summary>The address; or null, and why the text is not one. The reason repeats no value that may be a secret.</summary>
    internal static RedisAddress? Read(MarkedText written, out string? why)
    {
        MarkedText text = written.Trim();
        if (text.Length == 0)
        {
            why = $"is empty. {Example}";
            return null;
        }

        RedisAddressBuilder builder = new();
        why = RedisUrlReader.SchemeOf(text) is string scheme ? RedisUrlReader.Read(text, scheme, builder) : ReadParts(text, builder);
        why ??= builder.WhyIncomplete();
        return why is null ? builder.Build() : null;
    }

    private static string? ReadParts(MarkedText text, RedisAddressBuilder builder)
    {
        bool hasSecret = false;
        List<MarkedText> parts = text.Split(',');
        for (int i = 0; i < parts.Count; i++)
        {
            MarkedText part = parts[i].Trim();
            int equals = part.IndexOf('=');
            string place = $"part {i + 1}";
            if (part.Length == 0)
            {
                continue;
            }

            string? wrong = equals < 0
                ? ReadServers(part, place, builder)
                : builder.AddOption(part.Slice(0, equals).Trim(), part.Slice(equals + 1, part.Length).Trim().ToString(), place, hasSecret);
            if (wrong is not null)
            {
                return wrong;
            }

            hasSecret |= builder.HasSecret;
        }

        return null;
    }

    // A variable in the place of a server may hold several.
    private static string? ReadServers(MarkedText part, string place, RedisAddressBuilder builder)
    {
        if (builder.HasOptions)
        {
            return $"{place} is a server behind options, where it may be the rest of a value. Write servers first, and a password "
                + "with a comma in the field for it.";
        }

        foreach (string server in part.ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!builder.TryAddServer(server, defaultPort: null))
            {
                return $"{place} is neither a server nor an option. {Example}";
            }
        }

        return null;
    }
}
