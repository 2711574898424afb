using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using k8s;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Sluice.Kubernetes.Tests.Api;

/// <summary>An API server that fails on demand: what a real one does not do when a test asks for it.</summary>
internal sealed partial class ApiServerDouble : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Plural, string Namespace, string Name), JsonObject> _objects = [];
    private readonly List<(string Plural, Channel<string?> Lines)> _watches = [];
    private readonly List<(int Version, string Plural, string Line)> _events = [];
    private readonly ConcurrentDictionary<string, (HttpStatusCode Status, string? RetryAfter)> _failures = new();
    private readonly ConcurrentDictionary<string, int> _requestsOf = new(); // By the header Authorization.
    private int _version = 100;
    private bool _expiresNextWatch;
    private string? _expiringPlural;
    private int _denied;
    private (HttpStatusCode Status, string Body)? _statusFailure;

    private ApiServerDouble(WebApplication application)
    {
        _application = application;
        application.Run(HandleAsync);
    }

    /// <summary>The requests, as verb, plural and query.</summary>
    internal ConcurrentQueue<(string Verb, string Plural, string Query)> Requests { get; } = new();

    /// <summary>The token that is accepted; null to accept every request.</summary>
    internal string? Token { get; set; }

    /// <summary>What may be done: group, resource and verb; null for everything.</summary>
    internal HashSet<(string Group, string Resource, string Verb)>? Allowed { get; set; }

    /// <summary>How many requests were denied, because <see cref="Allowed"/> does not have them.</summary>
    internal int Denied => Volatile.Read(ref _denied);

    /// <summary>What has been asked for: group, resource and verb.</summary>
    internal ConcurrentDictionary<(string Group, string Resource, string Verb), bool> Used { get; } = new();

    /// <summary>The lease; null before it was created.</summary>
    internal JsonObject? Lease { get; set; }

    /// <summary>Who held the lease by each write of it.</summary>
    internal ConcurrentQueue<string> Holders { get; } = new();

    /// <summary>Each status that was written: the header that says by whom, the plural and the name.</summary>
    internal ConcurrentQueue<(string Writer, string Plural, string Name)> StatusWrites { get; } = new();

    /// <summary>How many objects a page of a list has at most.</summary>
    internal int PageSize { get; set; } = int.MaxValue;

    /// <summary>Where it listens.</summary>
    internal string Address { get; private set; } = "";

    /// <summary>How many watches are open.</summary>
    internal int OpenWatches
    {
        get
        {
            lock (_gate)
            {
                return _watches.Count;
            }
        }
    }

    internal static async Task<ApiServerDouble> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddLogging(logging => logging.ClearProviders());
        ApiServerDouble server = new(builder.Build());
        await server._application.StartAsync();
        server.Address = server._application.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First();
        return server;
    }

    /// <summary>A connection to it.</summary>
    /// <param name="token">Gives the token whenever the credentials are read; null for none.</param>
    internal ClusterConnection Connect(Func<string>? token = null) =>
        new(() => new KubernetesClientConfiguration { Host = Address, AccessToken = token?.Invoke() });

    /// <summary>Creates or changes an object; watches are told of it, or are not.</summary>
    internal void Set(string plural, string space, string name, JsonObject spec, bool isTold = true)
    {
        lock (_gate)
        {
            bool isNew = !_objects.TryGetValue((plural, space, name), out JsonObject? before);
            int version = ++_version;
            JsonObject changed = new()
            {
                ["metadata"] = new JsonObject
                {
                    ["name"] = name,
                    ["namespace"] = space,
                    ["uid"] = isNew ? $"uid-{version}" : (string)before!["metadata"]!["uid"]!,
                    ["resourceVersion"] = $"{version}",
                    ["generation"] = isNew ? 1 : (int)before!["metadata"]!["generation"]! + 1,
                    ["creationTimestamp"] = isNew ? $"2026-01-01T00:{version / 60 % 60:00}:{version % 60:00}Z" : (string)before!["metadata"]!["creationTimestamp"]!,
                },
                ["spec"] = spec,
                ["status"] = before?["status"]?.DeepClone(),
            };
            _objects[(plural, space, name)] = changed;
            if (isTold)
            {
                TellLocked(plural, Event(isNew ? "ADDED" : "MODIFIED", changed));
            }
        }
    }

    /// <summary>Deletes an object; watches are told of it, or are not.</summary>
    internal void Delete(string plural, string space, string name, bool isTold = true)
    {
        lock (_gate)
        {
            _objects.Remove((plural, space, name), out JsonObject? removed);
            removed!["metadata"]!["resourceVersion"] = $"{++_version}";
            if (isTold)
            {
                TellLocked(plural, Event("DELETED", removed));
            }
        }
    }

    /// <summary>Sends a bookmark to all watches of a plural; returns its version.</summary>
    internal string SendBookmark(string plural)
    {
        lock (_gate)
        {
            string version = $"{++_version}";
            SendLocked(plural, Event("BOOKMARK", new JsonObject { ["metadata"] = new JsonObject { ["resourceVersion"] = version } }));
            return version;
        }
    }

    /// <summary>Sends a line to all watches of a plural.</summary>
    internal void SendLine(string plural, string line)
    {
        lock (_gate)
        {
            SendLocked(plural, line);
        }
    }

    /// <summary>Ends all watches, as their time does.</summary>
    internal void EndWatches()
    {
        lock (_gate)
        {
            foreach ((_, Channel<string?> lines) in _watches)
            {
                lines.Writer.TryComplete();
            }
        }
    }

    /// <summary>Cuts the connections of all watches.</summary>
    internal void CutWatches()
    {
        lock (_gate)
        {
            foreach ((_, Channel<string?> lines) in _watches)
            {
                lines.Writer.TryWrite(null);
            }
        }
    }

    /// <summary>Answers the next watch that is opened with 410 in its stream: the version that it asks for was compacted.</summary>
    /// <param name="plural">Of which plural; null for any.</param>
    internal void ExpireNextWatch(string? plural = null) => (_expiringPlural, _expiresNextWatch) = (plural, true);

    /// <summary>Answers each request for a plural with an error, until <see cref="Recover"/>.</summary>
    internal void Fail(string plural, HttpStatusCode status, string? retryAfter = null) => _failures[plural] = (status, retryAfter);

    /// <summary>Answers requests for a plural again.</summary>
    internal void Recover(string plural) => _failures.TryRemove(plural, out _);

    /// <summary>Answers each write of a status with an error; null to accept them.</summary>
    internal void FailStatus((HttpStatusCode Status, string Body)? failure) => _statusFailure = failure;

    /// <summary>Writes an object as another manager does, before its watches are told.</summary>
    /// <returns>Tells them.</returns>
    internal Action Touch(string plural, string space, string name)
    {
        lock (_gate)
        {
            JsonObject touched = _objects[(plural, space, name)];
            touched["metadata"]!["resourceVersion"] = $"{++_version}";
            string line = Event("MODIFIED", touched);
            return () =>
            {
                lock (_gate)
                {
                    TellLocked(plural, line);
                }
            };
        }
    }

    /// <summary>The status of an object; null when it has none.</summary>
    internal JsonObject? StatusOf(string plural, string space, string name)
    {
        lock (_gate)
        {
            return (_objects.GetValueOrDefault((plural, space, name))?["status"] as JsonObject)?.DeepClone() as JsonObject;
        }
    }

    /// <summary>How many requests came with a header <c>Authorization</c>.</summary>
    internal int RequestsOf(string authorization) => _requestsOf.GetValueOrDefault(authorization);

    /// <summary>How many requests of a verb there were for a plural.</summary>
    internal int Count(string verb, string plural) => Requests.Count(request => request.Verb == verb && request.Plural == plural);

    public async ValueTask DisposeAsync()
    {
        EndWatches();
        await _application.DisposeAsync();
    }

    // A watch that is opened later from an earlier version is told too.
    private void TellLocked(string plural, string line)
    {
        _events.Add((_version, plural, line));
        SendLocked(plural, line);
    }

    private void SendLocked(string plural, string line)
    {
        foreach ((string watched, Channel<string?> lines) in _watches)
        {
            if (watched == plural)
            {
                lines.Writer.TryWrite(line);
            }
        }
    }

    private static string Event(string type, JsonObject found) =>
        new JsonObject { ["type"] = type, ["object"] = found.DeepClone() }.ToJsonString();
}
