using System.Text;
using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>Reports each rejection, and each that a permissive limit would have made, as one event.</summary>
/// <remarks>
/// <para>An allowed call that no permissive limit would have rejected costs a look at its states, and allocates nothing.</para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
internal sealed class AuditLog : ICallObserver, IAsyncDisposable
{
    /// <summary>How many events wait for the disk at most.</summary>
    internal const int QueueLength = 16_384;

    private const int MaxProtocolLength = 32;
    private const int MaxIdLength = 128;

    private readonly CallerNames _names;
    private readonly TimeProvider _time;
    private readonly LineLog<AuditEvent> _lines;
    private readonly AuditSampler _sampler;

    /// <param name="sink">Where lines go.</param>
    /// <param name="names">Names callers.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Logs drops.</param>
    /// <param name="queueLength">How many events wait for the disk at most.</param>
    internal AuditLog(ILineSink sink, CallerNames names, TimeProvider time, ILogger logger, int queueLength = QueueLength)
    {
        _names = names;
        _time = time;
        _lines = new LineLog<AuditEvent>(
            sink, new AuditFormat(time), new LineLogSettings("audit", SluiceInstruments.AuditDropped, queueLength), logger);
        _sampler = new AuditSampler(time, passed => _lines.TryAdd(passed));
    }

    /// <inheritdoc/>
    public void Decided(in DecidedCall call)
    {
        if (!call.Decision.IsAllowed)
        {
            Add(call, Rejections.LimitOf(call.Decision), wouldRefuse: false);
            return;
        }

        uint bits = PermissiveBits.Of(call.Decision.Answer, call.Decision.Limits, call.Decision.States);
        for (int i = 0; bits != 0; i++, bits >>= 1)
        {
            if ((bits & 1) != 0)
            {
                Add(call, call.Decision.Limits[i], wouldRefuse: true);
            }
        }
    }

    /// <summary>Writes what is withheld and what is queued.</summary>
    public ValueTask DisposeAsync()
    {
        _sampler.Dispose();
        return _lines.DisposeAsync();
    }

    private void Add(in DecidedCall call, RateLimit? limit, bool wouldRefuse) => _sampler.Add(new AuditEvent
    {
        Time = _time.GetUtcNow(),
        WouldRefuse = wouldRefuse,
        Server = call.Server,
        OperationKind = LimitNames.Of(Methods.KindOf(call.Method)),
        Operation = ShownText.Cut(call.Operation ?? call.Method, Rejections.MaxNameLength),
        Limit = limit?.Name,
        Scope = limit?.ScopeName,
        Source = Rejections.SourceOf(call.Decision),
        Protocol = call.Description.ProtocolVersion is string version ? ShownText.Cut(version, MaxProtocolLength) : null,
        RequestId = call.Description.RequestId.IsEmpty ? null : IdOf(call.Description.RequestId.Span),
        DecisionId = call.Decision.Id,
        Caller = _names.Of(call.Caller),
        ConfigVersion = call.ConfigVersion,
    });

    private static string IdOf(ReadOnlySpan<byte> json) => ShownText.Cut(Encoding.UTF8.GetString(json), MaxIdLength);
}
