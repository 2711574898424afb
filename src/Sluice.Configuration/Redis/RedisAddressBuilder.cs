using System.Globalization;

namespace Sluice.Configuration;

/// <summary>Collects the parts of an address of Redis, whichever form they are written in.</summary>
internal sealed class RedisAddressBuilder
{
    private readonly List<string> _servers = [];
    private readonly Dictionary<string, string> _options = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether an option was added.</summary>
    internal bool HasOptions => _options.Count > 0;

    /// <summary>Whether a secret was added, so that what is written behind it may be the rest of it.</summary>
    internal bool HasSecret => _options.ContainsKey(RedisOptions.Password) || _options.ContainsKey(RedisOptions.SentinelPassword);

    /// <summary>Adds a server; false when the text is not one.</summary>
    internal bool TryAddServer(string text, int? defaultPort)
    {
        string? server = RedisServerName.Read(text, defaultPort);
        if (server is not null)
        {
            _servers.Add(server);
        }

        return server is not null;
    }

    /// <summary>Adds an option.</summary>
    /// <param name="name">Its name, as it is written.</param>
    /// <param name="value">Its value.</param>
    /// <param name="place">What messages call it.</param>
    /// <param name="mayBeSecret">Whether the name may be a piece of a secret.</param>
    /// <returns>What is wrong with it; null when nothing is.</returns>
    internal string? AddOption(MarkedText name, string value, string place, bool mayBeSecret)
    {
        string written = name.ToString();
        if (RedisOptions.Find(written) is not string known)
        {
            string which = mayBeSecret || !name.IsWritten ? $"{place} is not an option." : $"{Shown.Quote(written)} is not an option.";
            string advice = mayBeSecret || !name.IsWritten
                ? "A password with a comma has a field of its own, or comes from a variable."
                : NearestName.Advice(written, RedisOptions.Names);
            return $"{which} {advice}";
        }

        return RedisOptions.WhyNot(known, value) ?? Add(known, value);
    }

    /// <summary>Adds an option whose name and value are known to be right.</summary>
    /// <returns>What is wrong with it; null when nothing is.</returns>
    internal string? Add(string name, string value) =>
        _options.TryAdd(name, value) ? null : $"'{name}' is there twice. Keep one of the two.";

    /// <summary>What is missing; null when nothing is.</summary>
    internal string? WhyIncomplete() => _servers.Count == 0 ? "names no server. Begin it with one, such as redis.internal:6379." : null;

    /// <summary>The address.</summary>
    internal RedisAddress Build()
    {
        string? tls = _options.GetValueOrDefault(RedisOptions.Tls);
        bool isEncrypted = string.Equals(tls, "true", StringComparison.OrdinalIgnoreCase);
        return new RedisAddress
        {
            User = Take(RedisOptions.User),
            Password = Take(RedisOptions.Password),
            Database = Take(RedisOptions.Database) is string number ? int.Parse(number, CultureInfo.InvariantCulture) : null,
            IsEncrypted = isEncrypted,
            IsPlain = tls is not null && !isEncrypted,
            Options = _options.Keys.ToHashSet(StringComparer.OrdinalIgnoreCase),
            Text = string.Join(',', [.. _servers, .. _options.Select(option => $"{option.Key}={option.Value}")]),
        };
    }

    private string? Take(string name) => _options.Remove(name, out string? value) && value.Length > 0 ? value : null;
}
