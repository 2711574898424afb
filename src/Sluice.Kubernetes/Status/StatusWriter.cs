using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Sluice.Kubernetes;

/// <summary>Writes to objects what became of them, while this gateway leads.</summary>
/// <remarks>
/// A status is written by server-side apply, only where it differs from the one that the object has, and only onto the version that was
/// read. A request that a retry would not help is not sent again until the object changes. Thread safety: one thread runs it; any may give
/// it reports.
/// </remarks>
/// <param name="requests">Sends requests.</param>
/// <param name="objects">The objects as they are known now.</param>
/// <param name="lease">Tells whether this gateway leads.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed partial class StatusWriter(
    ApiRequests requests, ClusterObjects objects, LeaderLease lease, TimeProvider time, ILogger<StatusWriter> logger)
{
    /// <summary>Who owns the fields that are written.</summary>
    internal const string FieldManager = "sluice";

    /// <summary>How often it is looked whether a status must be written although nothing has changed here.</summary>
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly RetryPause _pause = new();
    private readonly Dictionary<string, (ObjectStatus Status, string? Version)> _refused = [];
    private readonly HashSet<ResourceKind> _forbidden = [];
    private ImmutableArray<ResourceReport> _reports = [];
    private TaskCompletionSource _woken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? _failure;

    /// <summary>Takes what became of all objects.</summary>
    internal void Update(ImmutableArray<ResourceReport> reports)
    {
        ImmutableInterlocked.InterlockedExchange(ref _reports, reports);
        Volatile.Read(ref _woken).TrySetResult();
    }

    /// <summary>Writes until it is cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            TaskCompletionSource woken = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Volatile.Write(ref _woken, woken);
            TimeSpan pause = lease.IsLeader ? await WriteAllAsync(cancellationToken) : Interval;
            await Task.WhenAny(woken.Task, Task.Delay(pause, time, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private async Task<TimeSpan> WriteAllAsync(CancellationToken cancellationToken)
    {
        HashSet<ResourceKind> skipped = [];
        foreach (ResourceReport report in _reports)
        {
            if (skipped.Contains(report.Object.Kind)
                || objects.Find(report.Object.Key) is not ClusterObject found
                || found.Uid != report.Object.Uid
                || found.Generation != report.Object.Generation
                || ObjectStatus.Of(report) is not ObjectStatus status
                || status.IsThatOf(found)
                || (_refused.TryGetValue(found.Uid, out (ObjectStatus Status, string? Version) refused)
                    && IsSame(refused.Status, status)
                    && (refused.Version ?? found.ResourceVersion) == found.ResourceVersion))
            {
                continue;
            }

            if (!lease.IsLeader)
            {
                break; // Another one writes it.
            }

            try
            {
                objects.Learn(await WriteAsync(found, status, cancellationToken));
                _pause.Reset();
                _failure = null;
                _refused.Remove(found.Uid);
                _forbidden.Remove(found.Kind);
            }
            catch (ApiFailure failure) when (failure.Status == HttpStatusCode.Forbidden)
            {
                skipped.Add(found.Kind); // It is the same for all of them, and is tried again: a role may be changed.
                if (_forbidden.Add(found.Kind))
                {
                    Log.Forbidden(logger, found.Kind.Name);
                }
            }
            catch (ApiFailure failure) when (failure.Status == HttpStatusCode.Conflict)
            {
                // Another client has written it since; the watch will deliver the new version.
                _refused[found.Uid] = (status, found.ResourceVersion);
                Log.Conflict(logger, found.Kind.Kind, found.Namespace, found.Name);
            }
            catch (ApiFailure failure) when (IsFinal(failure))
            {
                _refused[found.Uid] = (status, null);
                Log.Refused(logger, found.Kind.Kind, found.Namespace, found.Name, failure.Message);
            }
            catch (ApiFailure failure)
            {
                if (_failure != failure.Message)
                {
                    _failure = failure.Message;
                    Log.Failed(logger, failure.Message);
                }

                return _pause.Next(failure.RetryAfter);
            }
        }

        return Interval;
    }

    private async Task<ClusterObject> WriteAsync(ClusterObject found, ObjectStatus status, CancellationToken cancellationToken)
    {
        // Of other groups no field is taken from another manager.
        string path = $"{found.Kind.StatusPathOf(found.Namespace, found.Name)}?fieldManager={FieldManager}{(status.IsOwn ? "&force=true" : "")}";
        using StringContent body = new(
            status.ToBody(found, time.GetUtcNow()).ToJsonString(), new MediaTypeHeaderValue("application/apply-patch+yaml"));
        using JsonDocument written = await requests.SendAsync(HttpMethod.Patch, path, body, LeaderLease.RequestTime, cancellationToken);
        try
        {
            return ClusterObject.Read(written.RootElement, found.Kind);
        }
        catch (FormatException exception)
        {
            throw ApiRequests.Failure(exception);
        }
    }

    // The API server answers 500 to an apply with a field that its definition does not have: no retry changes that.
    private static bool IsFinal(ApiFailure failure) => failure.IsFinal
        || failure.Status is HttpStatusCode.BadRequest or HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed or HttpStatusCode.UnprocessableEntity;

    private static bool IsSame(ObjectStatus one, ObjectStatus other) =>
        one.Path == other.Path && one.Conditions.SequenceEqual(other.Conditions);

    private static partial class Log
    {
        [LoggerMessage(
            330, LogLevel.Warning,
            "The status of {Kind} {Namespace}/{Name} cannot be written, and is tried again when the object changes: {Why}")]
        internal static partial void Refused(ILogger logger, string kind, string @namespace, string name, string why);

        [LoggerMessage(333, LogLevel.Warning, "The status of {Kind} cannot be written: the role lacks the verb 'patch' for their status.")]
        internal static partial void Forbidden(ILogger logger, string kind);

        [LoggerMessage(
            332, LogLevel.Debug,
            "{Kind} {Namespace}/{Name} has changed since it was read, or another manager owns the condition. "
            + "Its status waits for the next change.")]
        internal static partial void Conflict(ILogger logger, string kind, string @namespace, string name);

        [LoggerMessage(331, LogLevel.Warning, "The status of objects cannot be written now: {Why}")]
        internal static partial void Failed(ILogger logger, string why);
    }
}
