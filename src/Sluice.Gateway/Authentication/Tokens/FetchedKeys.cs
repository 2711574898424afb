using System.Collections.Immutable;

namespace Sluice.Gateway;

/// <summary>The keys of an issuer that publishes them, fetched when they are needed and kept while it is away.</summary>
/// <remarks>
/// <para>
/// Keys are asked for again after an hour, in the background, and when a token names a key that is not among them, at most
/// every 30 s (10 s after a failure), so that invented names cannot make the gateway ask. One request at a time is
/// under way, and all who need it wait for it.
/// </para>
/// <para>Thread safety: any number of requests at a time.</para>
/// </remarks>
internal sealed partial class FetchedKeys : IKeySource
{
    /// <summary>How old keys may grow before they are asked for again.</summary>
    internal static readonly TimeSpan MaxAge = TimeSpan.FromHours(1);

    /// <summary>The time between two requests that tokens with unknown keys cause.</summary>
    internal static readonly TimeSpan MinInterval = TimeSpan.FromSeconds(30);

    /// <summary>The time between two requests while they fail.</summary>
    internal static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly string _issuer;
    private readonly Func<CancellationToken, Task<ImmutableArray<VerificationKey>>> _fetch;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private ImmutableArray<VerificationKey> _keys; // Default until the first answer.
    private long _generation;
    private long _lastSuccessTimestamp;
    private long? _lastAttemptTimestamp;
    private bool _hasFailed;
    private Task _underWay = Task.CompletedTask;

    /// <param name="issuer">The issuer's name, for the log.</param>
    /// <param name="fetch">
    /// Asks the issuer; throws <see cref="HttpRequestException"/>, <see cref="FormatException"/> or
    /// <see cref="OperationCanceledException"/> when there is no good answer.
    /// </param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    internal FetchedKeys(
        string issuer, Func<CancellationToken, Task<ImmutableArray<VerificationKey>>> fetch, TimeProvider time, ILogger logger)
    {
        _issuer = issuer;
        _fetch = fetch;
        _time = time;
        _logger = logger;
    }

    /// <summary>Asks for the keys before the first token comes; its end need not be waited for.</summary>
    internal Task PrefetchAsync()
    {
        lock (_lock)
        {
            return FetchLocked();
        }
    }

    public async ValueTask<KeyAnswer> FindAsync(string? id, string algorithm, CancellationToken cancellationToken)
    {
        Task fetching;
        lock (_lock)
        {
            ImmutableArray<VerificationKey> known = FindLocked(id, algorithm);
            fetching = known.IsEmpty || _time.GetElapsedTime(_lastSuccessTimestamp) >= MaxAge ? FetchLocked() : _underWay;
            if (!known.IsEmpty)
            {
                return new(known, _generation, RetryAfter: null); // Old keys are good until there are new ones.
            }
        }

        await fetching.WaitAsync(cancellationToken);
        lock (_lock)
        {
            // While the issuer is away, it is not known whether it has such a key.
            return new(FindLocked(id, algorithm), _generation, _hasFailed ? UntilNextAttemptLocked() : null);
        }
    }

    private ImmutableArray<VerificationKey> FindLocked(string? id, string algorithm) =>
        _keys.IsDefault ? [] : [.. _keys.Where(key => key.CanVerify(id, algorithm))];

    /// <summary>The request that is in flight, a new one, or, when it is too soon for that, none.</summary>
    private Task FetchLocked()
    {
        if (_underWay.IsCompleted && UntilNextAttemptLocked() <= TimeSpan.Zero)
        {
            _lastAttemptTimestamp = _time.GetTimestamp();
            _underWay = FetchAsync();
        }

        return _underWay;
    }

    private TimeSpan UntilNextAttemptLocked() => _lastAttemptTimestamp is long last
        ? (_hasFailed ? RetryInterval : MinInterval) - _time.GetElapsedTime(last)
        : TimeSpan.Zero;

    private async Task FetchAsync()
    {
        await Task.Yield(); // The caller of this holds the lock.
        ImmutableArray<VerificationKey> keys = default;
        try
        {
            keys = await _fetch(CancellationToken.None);
            Log.Fetched(_logger, _issuer, keys.Length);
        }
        catch (Exception exception) when (exception is HttpRequestException or FormatException)
        {
            Log.NotFetched(_logger, _issuer, exception.Message.TrimEnd('.'));
        }
        catch (OperationCanceledException)
        {
            Log.NotFetched(_logger, _issuer, "it did not answer in time");
        }
        finally
        {
            Keep(keys);
        }
    }

    /// <summary>Puts an answer in the place of the one before; none, the default, leaves the keys that are known.</summary>
    private void Keep(ImmutableArray<VerificationKey> keys)
    {
        lock (_lock)
        {
            _hasFailed = keys.IsDefault;
            if (!_hasFailed)
            {
                _keys = keys;
                _generation++;
                _lastSuccessTimestamp = _time.GetTimestamp();
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The issuer '{Issuer}' publishes {Count} keys that can be used.")]
        internal static partial void Fetched(ILogger logger, string issuer, int count);

        [LoggerMessage(
            2, LogLevel.Warning, "The keys of the issuer '{Issuer}' cannot be fetched: {Reason}. Those that are known stay in use.")]
        internal static partial void NotFetched(ILogger logger, string issuer, string reason);
    }
}
