using System.Globalization;

namespace Sluice.Configuration;

/// <summary>Reads <c>redis://user:password@host:port/database</c>, and <c>rediss://</c> with TLS.</summary>
/// <remarks>
/// Source: the IANA registrations of the schemes redis and rediss. What is written is percent-decoded; what a variable puts there
/// is taken as it is.
/// </remarks>
internal static class RedisUrlReader
{
    private const string Separator = "://";
    private const int DefaultPort = 6_379;
    private const string Encode = "Percent-encode / ? # @ : and % in a user name and a password, or use the fields for them.";

    /// <summary>Whether TLS is used, by the scheme.</summary>
    private static readonly Dictionary<string, bool> Schemes = new(StringComparer.OrdinalIgnoreCase)
    {
        ["redis"] = false,
        ["rediss"] = true,
        ["valkey"] = false,
        ["valkeys"] = true,
    };

    /// <summary>The scheme of a URL; null when the text is not one.</summary>
    internal static string? SchemeOf(MarkedText text)
    {
        int colon = text.IndexOf(':');
        return colon > 0
            && text.Slice(colon, text.Length).ToString().StartsWith(Separator, StringComparison.Ordinal)
            && text.IndexOf(',') is int comma && (comma < 0 || comma > colon)
            && text.IndexOf('=') is int equals && (equals < 0 || equals > colon)
            ? text.Slice(0, colon).ToString()
            : null;
    }

    /// <summary>Reads a URL into an address.</summary>
    /// <returns>What is wrong with it; null when nothing is.</returns>
    internal static string? Read(MarkedText url, string scheme, RedisAddressBuilder builder)
    {
        if (!Schemes.TryGetValue(scheme, out bool isEncrypted))
        {
            return $"{Shown.Quote(scheme)} is not a scheme of Redis. Write redis://, or rediss:// with TLS. Sentinels are servers with "
                + "the option serviceName.";
        }

        MarkedText rest = url.Slice(scheme.Length + Separator.Length, url.Length);
        if (rest.IndexOf('#') >= 0)
        {
            return $"a URL of Redis has no fragment. {Encode}";
        }

        int query = rest.IndexOf('?');
        MarkedText main = query < 0 ? rest : rest.Slice(0, query);
        int slash = main.IndexOf('/');
        MarkedText authority = slash < 0 ? main : main.Slice(0, slash);
        int at = authority.LastIndexOf('@');
        if (rest.LastIndexOf('@') > authority.Length)
        {
            return Encode;
        }

        return builder.Add(RedisOptions.Tls, isEncrypted ? "true" : "false")
            ?? (at < 0 ? null : ReadUser(authority.Slice(0, at), builder))
            ?? ReadServers(authority.Slice(at + 1, authority.Length), builder)
            ?? (slash < 0 ? null : ReadDatabase(main.Slice(slash + 1, main.Length), builder))
            ?? (query < 0 ? null : ReadQuery(rest.Slice(query + 1, rest.Length), builder));
    }

    private static string? ReadUser(MarkedText text, RedisAddressBuilder builder)
    {
        int colon = text.IndexOf(':');
        if (colon < 0)
        {
            return "names a user and no password. Write user:password@, or :password@ without a user.";
        }

        string? user = text.Slice(0, colon).Decoded();
        string? password = text.Slice(colon + 1, text.Length).Decoded();
        return user is null || password is null ? $"an escape in the user name or the password is wrong. {Encode}"
            : builder.Add(RedisOptions.User, user) ?? builder.Add(RedisOptions.Password, password);
    }

    private static string? ReadServers(MarkedText text, RedisAddressBuilder builder) =>
        Array.TrueForAll(text.ToString().Split(','), server => builder.TryAddServer(server, DefaultPort))
            ? null
            : "the part behind :// and @ is not a server: a host, or host:port with a port from 1 to 65535.";

    private static string? ReadDatabase(MarkedText text, RedisAddressBuilder builder)
    {
        string number = text.ToString();
        return number.Length == 0 ? null
            : int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? builder.Add(RedisOptions.Database, number)
            : "the part behind the server is not the number of a database. Write one such as /0, or leave it out.";
    }

    private static string? ReadQuery(MarkedText text, RedisAddressBuilder builder)
    {
        foreach (MarkedText option in text.Split('&').Where(option => option.Length > 0))
        {
            int equals = option.IndexOf('=');
            string? value = equals < 0 ? null : option.Slice(equals + 1, option.Length).Decoded();
            string? wrong = value is null
                ? "an option behind '?' is not name=value."
                : builder.AddOption(option.Slice(0, equals), value, "an option behind '?'", mayBeSecret: false);
            if (wrong is not null)
            {
                return wrong;
            }
        }

        return null;
    }
}
