using System.Globalization;
using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Sluice.Kubernetes;

/// <summary>Follows all objects of a kind: lists them, watches them from there, and resumes whatever ends the watch.</summary>
/// <remarks>
/// <para>
/// A watch that ends is resumed from the last version it has told. Where the server no longer has that version (410), the objects are
/// listed again. What was learned stays known while the server cannot be asked.
/// </para>
/// <para>Thread safety: one thread runs it; its properties may be read by any.</para>
/// </remarks>
/// <param name="kind">The kind.</param>
/// <param name="space">The namespace; null for all.</param>
/// <param name="requests">Sends requests.</param>
/// <param name="sink">Takes what is learned.</param>
/// <param name="time">The clock of pauses.</param>
/// <param name="logger">The log.</param>
internal sealed partial class ResourceWatch(
    ResourceKind kind, string? space, ApiRequests requests, IObjectSink sink, TimeProvider time, ILogger<ResourceWatch> logger)
{
    /// <summary>For how long nothing may come, although a bookmark comes each minute, before the watch counts as dead.</summary>
    internal static readonly TimeSpan SilenceTime = TimeSpan.FromSeconds(150);

    /// <summary>How often it is looked whether a kind that a cluster does without has been installed.</summary>
    internal static readonly TimeSpan AbsencePause = TimeSpan.FromSeconds(30);

    private const int PageSize = 500;
    private const int MinWatchSeconds = 240;
    private const int MaxWatchSeconds = 360;
    private static readonly TimeSpan ShortWatch = TimeSpan.FromSeconds(1);
    private readonly TaskCompletionSource _listed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RetryPause _pause = new();
    private string? _version;
    private long? _missingSince;
    private bool _isAbsent;
    private string? _failure;

    /// <summary>The kind.</summary>
    internal ResourceKind Kind => kind;

    /// <summary>Ends when the objects are known for the first time.</summary>
    internal Task Listed => _listed.Task;

    /// <summary>Why the watch fails; null while it works.</summary>
    internal string? Failure => Volatile.Read(ref _failure);

    /// <summary>Follows the objects until it is cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            TimeSpan pause;
            try
            {
                _version ??= await ListAsync(cancellationToken);
                pause = await WatchAsync(_version, cancellationToken);
            }
            catch (ApiFailure failure)
            {
                pause = Note(failure);
            }

            if (pause > TimeSpan.Zero)
            {
                await Task.Delay(pause, time, cancellationToken);
            }
        }
    }

    private async Task<string> ListAsync(CancellationToken cancellationToken)
    {
        List<ClusterObject> objects = [];
        string? next = null;
        string version;
        do
        {
            string query = $"?limit={PageSize}{(next is null ? "" : $"&continue={Uri.EscapeDataString(next)}")}";
            using JsonDocument page =
                await requests.SendAsync(HttpMethod.Get, kind.PathIn(space) + query, null, ApiRequests.AnswerTime, cancellationToken);
            (version, next) = ReadPage(page.RootElement, objects);
        }
        while (next is not null);
        sink.Replace(kind, objects);
        (_missingSince, _isAbsent) = (null, false);
        _listed.TrySetResult();
        Succeeded();
        return version;
    }

    private (string Version, string? Next) ReadPage(JsonElement page, List<ClusterObject> objects)
    {
        try
        {
            foreach (JsonElement item in page.GetProperty("items").EnumerateArray())
            {
                objects.Add(ClusterObject.Read(item, kind));
            }

            JsonElement metadata = page.GetProperty("metadata");
            string? next = metadata.TryGetProperty("continue", out JsonElement more) ? more.GetString() : null;
            return (metadata.GetProperty("resourceVersion").GetString()!, string.IsNullOrEmpty(next) ? null : next);
        }
        catch (Exception exception) when (exception is FormatException or KeyNotFoundException or InvalidOperationException)
        {
            throw ApiRequests.Failure(new FormatException("", exception));
        }
    }

    /// <summary>Watches until the watch ends; returns how long to wait before the next.</summary>
    private async Task<TimeSpan> WatchAsync(string version, CancellationToken cancellationToken)
    {
        int seconds = Random.Shared.Next(MinWatchSeconds, MaxWatchSeconds); // Not all watches of all replicas end at once.
        string path = string.Create(
            CultureInfo.InvariantCulture,
            $"{kind.PathIn(space)}?watch=true&allowWatchBookmarks=true&timeoutSeconds={seconds}&resourceVersion={Uri.EscapeDataString(version)}");
        long began = time.GetTimestamp();
        int events = 0;
        using CancellationTokenSource silence = new(SilenceTime, time);
        using CancellationTokenSource ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, silence.Token);
        using HttpResponseMessage response = await requests.OpenStreamAsync(path, ends.Token);
        ClearFailure();
        try
        {
            await using Stream stream = await response.Content.ReadAsStreamAsync(ends.Token);
            await foreach (System.Buffers.ReadOnlySequence<byte> line in EventLines.ReadAsync(stream, ends.Token))
            {
                silence.CancelAfter(SilenceTime);
                using JsonDocument json = JsonDocument.Parse(line);
                Take(json.RootElement);
                events++;
                Succeeded();
            }
        }
        catch (Exception exception) when (
            exception is IOException or HttpRequestException or ObjectDisposedException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw ApiRequests.Failure(exception); // It is resumed.
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException or KeyNotFoundException)
        {
            _version = null; // What the line said is not known.
            throw ApiRequests.Failure(new FormatException("", exception));
        }

        // A server that ends each watch at once must not be asked without a pause.
        return events == 0 && time.GetElapsedTime(began) < ShortWatch ? _pause.Next() : TimeSpan.Zero;
    }

    private void Take(JsonElement line)
    {
        string? type = line.GetProperty("type").GetString();
        JsonElement found = line.GetProperty("object");
        switch (type)
        {
            case "ADDED" or "MODIFIED":
                ClusterObject changed = ClusterObject.Read(found, kind);
                sink.Set(changed);
                _version = changed.ResourceVersion;
                break;
            case "DELETED":
                ClusterObject removed = ClusterObject.Read(found, kind);
                sink.Remove(removed);
                _version = removed.ResourceVersion;
                break;
            case "BOOKMARK":
                _version = found.GetProperty("metadata").GetProperty("resourceVersion").GetString()!;
                break;
            case "ERROR":
                throw StatusOf(found);
            default:
                throw new FormatException($"The API server sent an event of the type '{type}'.");
        }
    }

    private static ApiFailure StatusOf(JsonElement status)
    {
        int code = status.TryGetProperty("code", out JsonElement number) && number.TryGetInt32(out int value) ? value : 0;
        return new ApiFailure((HttpStatusCode)code, $"The API server ended the watch with the error {code}.");
    }

    /// <summary>Notes why an attempt failed; returns how long to wait before the next.</summary>
    private TimeSpan Note(ApiFailure failure)
    {
        switch (failure.Status)
        {
            case HttpStatusCode.Gone:
                _version = null; // The server no longer has it.
                Log.Expired(logger, kind.Name);
                return _pause.Next();
            case HttpStatusCode.NotFound when kind.IsOptional:
                _version = null;
                return NoteAbsence();
            case HttpStatusCode.Forbidden when kind.IsOptional:
                _version = null;
                Fail(
                    $"Sluice may not list and watch {kind.Name}: its role lacks the verbs 'list' and 'watch'. "
                        + "What is known of them stays in use.");
                _listed.TrySetResult();
                return AbsencePause;
            case HttpStatusCode.Forbidden:
                _version = null;
                Fail(
                    $"Sluice may not list and watch {kind.Name}: its role lacks the verbs 'list' and 'watch'. "
                        + "What is known of them stays in use.");
                return _pause.Next(failure.RetryAfter);
            case HttpStatusCode.NotFound:
                _version = null;
                Fail($"The cluster does not know {kind.Name}. Apply deploy/crds. What is known of them stays in use.");
                return _pause.Next(failure.RetryAfter);
            case null or HttpStatusCode.Unauthorized or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError:
                Fail(failure.Message);
                return _pause.Next(failure.RetryAfter);
            default:
                _version = null; // It may be the version that the server does not take.
                Fail(failure.Message);
                return _pause.Next(failure.RetryAfter);
        }
    }

    // Such as ToolHive's kinds in a cluster without ToolHive. A server that has just been started does not know its kinds for a moment:
    // what is known of them is kept until that has lasted.
    private TimeSpan NoteAbsence()
    {
        _missingSince ??= time.GetTimestamp();
        bool isKnown = _listed.Task.IsCompleted && !_isAbsent;
        if (isKnown && time.GetElapsedTime(_missingSince.Value) < AbsencePause)
        {
            Fail($"The cluster does not know {kind.Name} at the moment.");
            return _pause.Next();
        }

        sink.Replace(kind, []);
        _isAbsent = true;
        _listed.TrySetResult();
        ClearFailure();
        return AbsencePause;
    }

    private void Fail(string why)
    {
        if (Interlocked.Exchange(ref _failure, why) != why)
        {
            Log.Failed(logger, kind.Name, why);
        }
    }

    private void Succeeded()
    {
        _pause.Reset();
        ClearFailure();
    }

    private void ClearFailure()
    {
        if (Interlocked.Exchange(ref _failure, null) is not null)
        {
            Log.Restored(logger, kind.Name);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(300, LogLevel.Warning, "{Kind} cannot be followed, and what is known of them stays in use: {Why}")]
        internal static partial void Failed(ILogger logger, string kind, string why);

        [LoggerMessage(301, LogLevel.Information, "{Kind} are followed again.")]
        internal static partial void Restored(ILogger logger, string kind);

        [LoggerMessage(
            302, LogLevel.Information, "The API server no longer has the version from which {Kind} were watched. They are listed again.")]
        internal static partial void Expired(ILogger logger, string kind);
    }
}
