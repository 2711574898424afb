namespace Sluice.Configuration;

/// <summary>Where Redis is, and how to reach it.</summary>
/// <remarks>Thread safety: immutable. <see cref="ToString"/> tells no secret.</remarks>
internal sealed record RedisAddress
{
    /// <summary>Servers and options in StackExchange.Redis' form, without what the other properties hold.</summary>
    internal required string Text { get; init; }

    /// <summary>The user of Redis; null for the default one.</summary>
    internal string? User { get; init; }

    /// <summary>The password, if there is one.</summary>
    internal string? Password { get; init; }

    /// <summary>The number of the database; null for 0.</summary>
    internal int? Database { get; init; }

    /// <summary>Whether TLS is asked for.</summary>
    internal bool IsEncrypted { get; init; }

    /// <summary>Whether it says that there is no TLS.</summary>
    internal bool IsPlain { get; init; }

    /// <summary>The options that <see cref="Text"/> holds.</summary>
    internal required IReadOnlySet<string> Options { get; init; }

    /// <summary>Whether an option is in <see cref="Text"/>.</summary>
    internal bool Has(string option) => Options.Contains(option);

    public override string ToString() => "an address of Redis";
}
