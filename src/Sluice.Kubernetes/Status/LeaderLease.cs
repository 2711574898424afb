using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;

namespace Sluice.Kubernetes;

/// <summary>Elects one of several gateways, which alone writes the status of objects, by a Lease of the cluster.</summary>
/// <remarks>
/// <para>
/// The holder renews the lease every two seconds. It stops leading ten seconds after the start of its last renewal that succeeded; another
/// one takes the lease after it has seen no renewal for fifteen. A request takes at most four seconds, so one that was sent by the first
/// has ended when the second begins. No clock of another machine is read.
/// </para>
/// <para>Thread safety: one thread runs it; any may ask whether it leads.</para>
/// </remarks>
/// <param name="space">The namespace of the lease.</param>
/// <param name="name">Its name.</param>
/// <param name="identity">Who this process is; different for each.</param>
/// <param name="requests">Sends requests.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed partial class LeaderLease(
    string space, string name, string identity, ApiRequests requests, TimeProvider time, ILogger<LeaderLease> logger)
{
    /// <summary>For how long no renewal is seen before another gateway takes the lease.</summary>
    internal static readonly TimeSpan Duration = TimeSpan.FromSeconds(15);

    /// <summary>For how long a gateway leads after the start of a renewal.</summary>
    internal static readonly TimeSpan LeadingTime = TimeSpan.FromSeconds(10);

    /// <summary>The time between two attempts.</summary>
    internal static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    /// <summary>How long a request of the leader may take.</summary>
    internal static readonly TimeSpan RequestTime = TimeSpan.FromSeconds(4);

    private readonly string _path = $"/apis/coordination.k8s.io/v1/namespaces/{space}/leases";
    private long _leadsUntil = long.MinValue;
    private string? _seenVersion;
    private long _seenAt;
    private string? _failure;
    private bool _wasLeading;

    /// <summary>Whether this process leads now.</summary>
    internal bool IsLeader => time.GetTimestamp() < Interlocked.Read(ref _leadsUntil);

    /// <summary>Takes the lease when it is free, and renews it, until it is cancelled; then the lease is given back.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await AttemptAsync(cancellationToken);
                LogChange();
                await Task.Delay(Period, time, cancellationToken);
            }
        }
        finally
        {
            await ReleaseAsync();
        }
    }

    private async Task AttemptAsync(CancellationToken cancellationToken)
    {
        try
        {
            await TryLeadAsync(cancellationToken);
            _failure = null;
        }
        catch (ApiFailure failure) when (failure.Status == HttpStatusCode.Conflict)
        {
            // Another gateway was faster. What it wrote is read at the next attempt.
        }
        catch (ApiFailure failure)
        {
            string why = failure.Status == HttpStatusCode.Forbidden
                ? $"The role lacks the verbs 'get', 'create' and 'update' for leases of coordination.k8s.io in the namespace {space}."
                : failure.Message;
            if (why != _failure)
            {
                _failure = why;
                Log.Failed(logger, why);
            }
        }
    }

    private async Task TryLeadAsync(CancellationToken cancellationToken)
    {
        long began = time.GetTimestamp();
        JsonObject? lease = await ReadAsync(cancellationToken);
        if (lease is null)
        {
            await WriteAsync(HttpMethod.Post, _path, New(), cancellationToken);
            Lead(began);
            return;
        }

        JsonObject spec = lease["spec"] as JsonObject ?? [];
        string? holder = (string?)spec["holderIdentity"];
        if (holder != identity)
        {
            Interlocked.Exchange(ref _leadsUntil, long.MinValue); // It was taken away.
            string version = (string)lease["metadata"]!["resourceVersion"]!;
            if (version != _seenVersion)
            {
                (_seenVersion, _seenAt) = (version, time.GetTimestamp());
            }

            int seconds = spec["leaseDurationSeconds"] is JsonValue value && value.TryGetValue(out int number)
                ? number
                : (int)Duration.TotalSeconds;
            if (!string.IsNullOrEmpty(holder) && time.GetElapsedTime(_seenAt) < TimeSpan.FromSeconds(seconds))
            {
                return;
            }

            spec["acquireTime"] = Now();
            spec["leaseTransitions"] = (spec["leaseTransitions"] is JsonValue count && count.TryGetValue(out int before) ? before : 0) + 1;
        }

        spec["holderIdentity"] = identity;
        spec["leaseDurationSeconds"] = (int)Duration.TotalSeconds;
        spec["renewTime"] = Now();
        lease["spec"] = spec.Parent is null ? spec : spec.DeepClone();
        await WriteAsync(HttpMethod.Put, $"{_path}/{name}", lease, cancellationToken);
        Lead(began);
    }

    private async Task<JsonObject?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            using JsonDocument found = await requests.SendAsync(HttpMethod.Get, $"{_path}/{name}", null, RequestTime, cancellationToken);
            JsonObject lease = JsonObject.Create(found.RootElement.Clone()) ?? throw ApiRequests.Failure(new FormatException());
            (lease["metadata"] as JsonObject)?.Remove("managedFields");
            lease["apiVersion"] = "coordination.k8s.io/v1";
            lease["kind"] = "Lease";
            return lease;
        }
        catch (ApiFailure failure) when (failure.Status == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    private async Task WriteAsync(HttpMethod method, string path, JsonObject lease, CancellationToken cancellationToken)
    {
        using StringContent body = new(lease.ToJsonString(), new System.Net.Http.Headers.MediaTypeHeaderValue("application/json"));
        using JsonDocument written = await requests.SendAsync(method, path, body, RequestTime, cancellationToken);
    }

    private void Lead(long began) =>
        Interlocked.Exchange(ref _leadsUntil, began + (long)(LeadingTime.TotalSeconds * time.TimestampFrequency));

    private JsonObject New() => new()
    {
        ["apiVersion"] = "coordination.k8s.io/v1",
        ["kind"] = "Lease",
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = space },
        ["spec"] = new JsonObject
        {
            ["holderIdentity"] = identity,
            ["leaseDurationSeconds"] = (int)Duration.TotalSeconds,
            ["acquireTime"] = Now(),
            ["renewTime"] = Now(),
            ["leaseTransitions"] = 0,
        },
    };

    // Another gateway need not wait until the lease has ended. Every client takes a lease with an empty holder for free; not every one
    // takes a lease without a holder for free.
    private async Task ReleaseAsync()
    {
        if (!IsLeader)
        {
            return;
        }

        Interlocked.Exchange(ref _leadsUntil, long.MinValue);
        try
        {
            if (await ReadAsync(CancellationToken.None) is JsonObject lease && lease["spec"] is JsonObject spec && (string?)spec["holderIdentity"] == identity)
            {
                spec["holderIdentity"] = "";
                await WriteAsync(HttpMethod.Put, $"{_path}/{name}", lease, CancellationToken.None);
            }
        }
        catch (ApiFailure failure)
        {
            Log.NotReleased(logger, failure.Message); // It ends by itself.
        }
    }

    private void LogChange()
    {
        if (IsLeader != _wasLeading)
        {
            _wasLeading = !_wasLeading;
            if (_wasLeading)
            {
                Log.Leads(logger);
            }
            else
            {
                Log.NoLongerLeads(logger);
            }
        }
    }

    private string Now() => time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    private static partial class Log
    {
        [LoggerMessage(320, LogLevel.Information, "This gateway writes the status of objects from now on.")]
        internal static partial void Leads(ILogger logger);

        [LoggerMessage(
            321, LogLevel.Warning,
            "This gateway no longer writes the status of objects: it could not renew the lease, or another one took it.")]
        internal static partial void NoLongerLeads(ILogger logger);

        [LoggerMessage(
            322, LogLevel.Warning, "The lease by which the gateways choose the writer of the status cannot be read or written: {Why}")]
        internal static partial void Failed(ILogger logger, string why);

        [LoggerMessage(323, LogLevel.Debug, "The lease was not given back, and ends by itself: {Why}")]
        internal static partial void NotReleased(ILogger logger, string why);
    }
}
