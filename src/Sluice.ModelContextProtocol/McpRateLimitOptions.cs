using ModelContextProtocol.Server;

namespace Sluice.ModelContextProtocol;

/// <summary>How a server's limits work, apart from the limits themselves.</summary>
/// <remarks>Thread safety: none while it is being configured; afterwards any number of threads may read it.</remarks>
public sealed class McpRateLimitOptions
{
    private readonly List<Type> _refundOn = [];
    private readonly List<LimitSource> _sources = [];
    private readonly List<SettingsFault> _faults = [];

    /// <summary>The server's name in the identity of its buckets: servers that share a store and a name share their buckets.</summary>
    /// <value>The default is null: the name of the server's <c>ServerInfo</c>, else of the program.</value>
    public string? ServerName { get; set; }

    /// <summary>Whether <c>tools/list</c> tells clients the limits of each tool, in its <c>_meta</c>.</summary>
    /// <value>The default is false.</value>
    public bool AdvertiseLimits { get; set; }

    /// <summary>Where the limits come from; null for the attributes alone.</summary>
    internal LimitSource? Source => _sources.FirstOrDefault();

    /// <summary>What is wrong with the limits and with these options.</summary>
    internal IEnumerable<SettingsFault> Faults => [.. _sources.SelectMany(source => source.Faults), .. _faults];

    /// <summary>Who calls; null for the verified principal, or the process.</summary>
    internal Func<MessageContext, CancellationToken, ValueTask<CallerIdentity?>>? Identify { get; private set; }

    /// <summary>The exceptions of a tool after which its cost is given back.</summary>
    internal IReadOnlyList<Type> RefundedExceptions => _refundOn;

    /// <summary>Says who calls, in the place of the verified principal.</summary>
    /// <remarks>
    /// Null means that the caller is not known, and follows the limits' <c>missingIdentity</c>: such callers never share a
    /// bucket with one that is known. An exception rejects the call, with an error of its own, and is logged. It can be set
    /// once: a second call keeps the host from starting.
    /// </remarks>
    /// <param name="identify">The caller of a request.</param>
    /// <exception cref="ArgumentNullException"><paramref name="identify"/> is null.</exception>
    public void IdentifyBy(Func<MessageContext, CallerIdentity?> identify)
    {
        ArgumentNullException.ThrowIfNull(identify);
        SetIdentify((context, _) => new ValueTask<CallerIdentity?>(identify(context)));
    }

    /// <summary>Identifies the caller, when that needs a request to another service.</summary>
    /// <remarks>As the other overload.</remarks>
    /// <param name="identify">The caller of a request.</param>
    /// <exception cref="ArgumentNullException"><paramref name="identify"/> is null.</exception>
    public void IdentifyBy(Func<MessageContext, CancellationToken, ValueTask<CallerIdentity?>> identify)
    {
        ArgumentNullException.ThrowIfNull(identify);
        SetIdentify(identify);
    }

    /// <summary>Refunds the cost of a call when its tool, prompt or resource throws this exception, or one derived from it.</summary>
    /// <typeparam name="TException">The exception.</typeparam>
    public void RefundOn<TException>()
        where TException : Exception => _refundOn.Add(typeof(TException));

    /// <summary>Adds limits; there can be those of one call only.</summary>
    internal void AddSource(LimitSource source)
    {
        _sources.Add(source);
        if (_sources.Count == 2)
        {
            _faults.Add(new SettingsFault(
                "", "WithRateLimits is called twice, and a server has one set of limits. Put them into one call; attributes add to it."));
        }
    }

    private void SetIdentify(Func<MessageContext, CancellationToken, ValueTask<CallerIdentity?>> identify)
    {
        if (Identify is not null)
        {
            _faults.Add(new SettingsFault("", "IdentifyBy is called twice, and a call has one caller. Remove one of the two."));
        }

        Identify = identify;
    }
}
