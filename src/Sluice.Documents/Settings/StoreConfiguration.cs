namespace Sluice.Documents;

/// <summary>Where buckets are kept.</summary>
/// <remarks>Thread safety: immutable. <see cref="ToString"/> tells no secret.</remarks>
internal sealed record StoreConfiguration
{
    /// <summary>The shortest <see cref="Timeout"/>: 1 ms.</summary>
    public static readonly TimeSpan MinTimeout = TimeSpan.FromMilliseconds(1);

    /// <summary>The longest <see cref="Timeout"/>: 5 s.</summary>
    public static readonly TimeSpan MaxTimeout = TimeSpan.FromSeconds(5);

    /// <summary>The longest <see cref="RememberRefusals"/>: 1 minute.</summary>
    public static readonly TimeSpan MaxRememberRefusals = TimeSpan.FromMinutes(1);

    /// <summary>The least <see cref="ExpectedReplicas"/>: 1.</summary>
    public const int MinReplicas = 1;

    /// <summary>The most <see cref="ExpectedReplicas"/>: 10,000.</summary>
    public const int MaxReplicas = 10_000;

    /// <summary>In the memory of this process.</summary>
    public static StoreConfiguration Memory { get; } = new();

    /// <summary>
    /// The Redis servers and how to reach them, as StackExchange.Redis writes it, without user, password and database; null to
    /// keep buckets in memory.
    /// </summary>
    public string? Redis { get; init; }

    /// <summary>The user of Redis, or null for the default one.</summary>
    public string? User { get; init; }

    /// <summary>The password of Redis, or null where it asks for none.</summary>
    public string? Password { get; init; }

    /// <summary>The number of the database, or null for 0.</summary>
    public int? Database { get; init; }

    /// <summary>A PEM file of the authorities that may have signed Redis' certificate, or null for the machine's.</summary>
    /// <value>With one the connection uses TLS.</value>
    public string? CertificateAuthority { get; init; }

    /// <summary>What every key begins with.</summary>
    /// <value>The default is <c>sluice</c>.</value>
    public string KeyPrefix { get; init; } = "sluice";

    /// <summary>How long a decision may take before it is made without Redis.</summary>
    /// <value>The default is 50 ms.</value>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>For how long a rejection may be repeated without asking Redis; zero for never.</summary>
    /// <value>The default is 1 s.</value>
    public TimeSpan RememberRefusals { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Whether every caller's buckets lie in a slot of their own.</summary>
    public bool IsSpread { get; init; }

    /// <summary>The most buckets that this process remembers.</summary>
    /// <value>The default is 1,000,000.</value>
    public int MaxKeys { get; init; } = new InProcessStoreOptions().MaxKeys;

    /// <summary>How many processes share the limits, for one that has not reached Redis since it started.</summary>
    /// <value>The default is 1.</value>
    public int ExpectedReplicas { get; init; } = 1;

    /// <summary>How busy buckets are divided among processes; null for not at all.</summary>
    /// <value>The default is null.</value>
    public SharesConfiguration? Shares { get; init; }

    /// <summary>The kind of store, and nothing that it was told.</summary>
    public override string ToString() => Redis is null ? "memory" : "redis";
}
