using System.Collections.Immutable;

namespace Sluice;

/// <summary>The limits of one server as written, not yet checked: the <c>rateLimiting</c> of every document.</summary>
/// <remarks>
/// <para><see cref="RateLimitPolicy.Compile"/> checks them and makes a policy of them.</para>
/// <para>Thread safety: immutable.</para>
/// </remarks>
public sealed record RateLimitingSettings
{
    /// <summary>The most calls that can be held at a time.</summary>
    public const int MaxWaitingUpperBound = 100_000;

    /// <summary>What <see cref="MaxWaiting"/> is by default.</summary>
    internal const int DefaultMaxWaiting = 1_000;

    /// <summary>The longest time for which a call can be held: 60 s.</summary>
    public static TimeSpan MaxWait { get; } = TimeSpan.FromSeconds(60);

    /// <summary>The limit that all callers share; null for none.</summary>
    public RateList? Shared { get; init; }

    /// <summary>The limit of each tenant; null for none.</summary>
    public RateList? PerTenant { get; init; }

    /// <summary>The limit of each user; null for none.</summary>
    public RateList? PerUser { get; init; }

    /// <summary>The limit of each OAuth client; null for none.</summary>
    public RateList? PerClient { get; init; }

    /// <summary>How many calls may run at once; null for no limit.</summary>
    public ConcurrencySettings? Concurrency { get; init; }

    /// <summary>Other numbers for some callers, in the place of the server's own limits.</summary>
    /// <value>At most 1,000 entries.</value>
    public ImmutableArray<OverrideSettings> Overrides { get; init; } = [];

    /// <summary>Limits by any key and condition.</summary>
    /// <value>At most 1,000 entries, whose names differ.</value>
    public ImmutableArray<LimitSettings> Limits { get; init; } = [];

    /// <summary>Limits of tools.</summary>
    /// <value>At most 1,000 entries, whose names differ.</value>
    public ImmutableArray<OperationSettings> Tools { get; init; } = [];

    /// <summary>Limits of prompts.</summary>
    /// <value>At most 1,000 entries, whose names differ.</value>
    public ImmutableArray<OperationSettings> Prompts { get; init; } = [];

    /// <summary>Limits of resources.</summary>
    /// <value>At most 1,000 entries, whose names differ.</value>
    public ImmutableArray<OperationSettings> Resources { get; init; } = [];

    /// <summary>Limits of methods.</summary>
    /// <value>At most 1,000 entries, whose names differ.</value>
    public ImmutableArray<OperationSettings> Methods { get; init; } = [];

    /// <summary>Limits of the servers behind a virtual server, each by its name.</summary>
    /// <value>At most 1,000 entries, whose names differ; they set neither a cost nor a wait. The default is none.</value>
    public ImmutableArray<OperationSettings> Backends { get; init; } = [];

    /// <summary>Tokens that a call costs where its operation sets nothing else.</summary>
    /// <value>At least 1. The default is 1.</value>
    public int Cost { get; init; } = 1;

    /// <summary>How long a call that comes too early is held instead of being rejected, where its operation sets nothing else.</summary>
    /// <value>From 0 to 60 s. The default is 0: it is rejected at once.</value>
    public TimeSpan Wait { get; init; }

    /// <summary>How many calls of the server are held at a time; one more is rejected at once.</summary>
    /// <value>From 1 to 100,000. The default is 1,000.</value>
    public int MaxWaiting { get; init; } = DefaultMaxWaiting;

    /// <summary>The mode of the policy; <see cref="LimitMode.Permissive"/> makes every limit permissive.</summary>
    /// <value>The default is <see cref="LimitMode.Enforce"/>.</value>
    public LimitMode Mode { get; init; }

    /// <summary>Which requests count.</summary>
    /// <value>The default is <see cref="MeteredRequests.Operations"/>.</value>
    public MeteredRequests Meter { get; init; }

    /// <summary>What happens to a call that lacks the identity that a limit counts by.</summary>
    /// <value>The default is <see cref="MissingIdentity.Pool"/>.</value>
    public MissingIdentity MissingIdentity { get; init; } = MissingIdentity.Pool;

    /// <summary>What decides while the store does not answer.</summary>
    /// <value>The default is <see cref="StoreFailureMode.Share"/>.</value>
    public StoreFailureMode OnStoreFailure { get; init; } = StoreFailureMode.Share;

    /// <summary>
    /// Whether a store that divides busy buckets among processes may divide those of these limits. A bucket that is not divided is
    /// decided in the store, call by call.
    /// </summary>
    /// <value>The default is true. A store in memory, or over Redis without shares, divides none.</value>
    public bool Shares { get; init; } = true;

    /// <summary>How rejections look on the wire.</summary>
    /// <value>The default is <see cref="RejectionForm.Auto"/>.</value>
    public RejectionForm Rejection { get; init; }

    /// <summary>The code of the JSON-RPC error of a rejection.</summary>
    /// <value>Outside -32768 to -32000, unless <see cref="AllowReservedErrorCode"/>. The default is 429.</value>
    public int ErrorCode { get; init; } = 429;

    /// <summary>Whether <see cref="ErrorCode"/> may lie in the range that JSON-RPC and MCP reserve.</summary>
    public bool AllowReservedErrorCode { get; init; }

    /// <summary>When a response says what the limits have left.</summary>
    /// <value>The default is <see cref="LimitHeadersMode.OnRefusal"/>.</value>
    public LimitHeadersMode Headers { get; init; }

    /// <summary>Which headers say it.</summary>
    /// <value>The default is <see cref="LimitHeadersStyle.Draft11"/>.</value>
    public LimitHeadersStyle HeaderStyle { get; init; }

    /// <summary>What <c>X-RateLimit-Reset</c> counts; the headers of the draft always count seconds.</summary>
    /// <value>The default is <see cref="LimitHeadersReset.Seconds"/>.</value>
    public LimitHeadersReset HeaderReset { get; init; }

    /// <summary>Whether names of operations differ when only the case of their letters does.</summary>
    public bool CaseSensitive { get; init; }

    /// <summary>The most tokens that a limit by <see cref="RateLimitAlgorithm.SlidingWindow"/> may have, since each costs memory.</summary>
    /// <value>At least 1. The default is 10,000.</value>
    public int SlidingWindowCeiling { get; init; } = 10_000;

    /// <summary>The server-wide rates of a scope; null for none.</summary>
    public RateList? this[RateLimitScope scope] => scope switch
    {
        RateLimitScope.Shared => Shared,
        RateLimitScope.PerTenant => PerTenant,
        RateLimitScope.PerUser => PerUser,
        RateLimitScope.PerClient => PerClient,
        _ => throw new ArgumentOutOfRangeException(nameof(scope), scope, "Not a scope."),
    };

    /// <summary>The entries of a kind; none for <see cref="OperationKind.Server"/>.</summary>
    public ImmutableArray<OperationSettings> this[OperationKind kind] => kind switch
    {
        OperationKind.Server => [],
        OperationKind.Method => Methods,
        OperationKind.Tool => Tools,
        OperationKind.Prompt => Prompts,
        OperationKind.Resource => Resources,
        OperationKind.Backend => Backends,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not a kind of operation."),
    };
}
