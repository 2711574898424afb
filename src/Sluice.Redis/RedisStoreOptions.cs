namespace Sluice.Redis;

/// <summary>How a <see cref="RedisStore"/> works. It is read once, when the store is made.</summary>
public sealed class RedisStoreOptions
{
    /// <summary>
    /// The servers and how to reach them: a URL such as <c>"rediss://user:password@host:6380/0"</c>, or servers and options as
    /// StackExchange.Redis writes them, such as <c>"host:6379,ssl=true,password=…"</c>.
    /// </summary>
    /// <value>Not used by a store over a multiplexer that already exists. There is no default.</value>
    public string Configuration { get; set; } = "";

    /// <summary>The user of Redis, taken as it is; or null where <see cref="Configuration"/> names it, or there is none.</summary>
    public string? User { get; set; }

    /// <summary>The password, taken as it is, whatever characters it has; or null as for <see cref="User"/>.</summary>
    public string? Password { get; set; }

    /// <summary>The number of the database.</summary>
    /// <value>From 0; the default is null: the one that <see cref="Configuration"/> names, else 0.</value>
    public int? Database { get; set; }

    /// <summary>A PEM file of the authorities that may have signed the server's certificate, instead of the machine's.</summary>
    /// <value>A path; with one the connection uses TLS. The default is null: the machine's authorities.</value>
    public string? CertificateAuthority { get; set; }

    /// <summary>What every key begins with.</summary>
    /// <value>1 to 64 characters out of <c>A-Z a-z 0-9 _ . - :</c>. The default is <c>sluice</c>.</value>
    public string KeyPrefix { get; set; } = "sluice";

    /// <summary>How long a decision may take before it is made without Redis.</summary>
    /// <value>From 1 ms to 5 s. The default is 50 ms.</value>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>For how long a rejection may be repeated without asking Redis, at most until the tokens are there.</summary>
    /// <value>
    /// From zero, which is never, to 1 minute. The default is 1 s. A reset or a refund by another process is noticed after that.
    /// </value>
    public TimeSpan RememberRefusals { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Whether calls that are queued at one time go to Redis in one batch. The benchmarks turn it off, to measure what it gives.</summary>
    internal bool Coalesce { get; set; } = true;

    /// <summary>Where the buckets of one MCP server lie in a cluster.</summary>
    /// <value>The default is <see cref="RedisKeyLayout.Compact"/>. Every process must say the same.</value>
    public RedisKeyLayout Layout { get; set; }

    /// <summary>Divides busy buckets among the processes; null to decide every call in Redis.</summary>
    /// <value>The default is null.</value>
    public RedisSharesOptions? Shares { get; set; }

    /// <summary>How many buckets this process remembers, to decide by while Redis does not answer.</summary>
    /// <value>As <see cref="InProcessStoreOptions.MaxKeys"/>. The default is 1,000,000.</value>
    public int LocalMaxKeys { get; set; } = new InProcessStoreOptions().MaxKeys;

    /// <summary>
    /// How many processes share the limits, for a process that has not reached Redis since it started. It then takes one part of so
    /// many when it decides without Redis. A process that has reached Redis knows the number.
    /// </summary>
    /// <value>From 1 to 10,000. The default is 1; such a process then logs a warning when it decides without Redis.</value>
    public int ExpectedReplicas { get; set; } = 1;
}
