using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using Sluice.Documents;

namespace Sluice.Kubernetes.Tests.Api;

/// <content>Its answers to requests.</content>
internal sealed partial class ApiServerDouble
{
    private async Task HandleAsync(HttpContext context)
    {
        string[] parts = context.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        parts = parts[0] == "api" ? ["apis", "", .. parts[1..]] : parts; // Kubernetes' own group has no name.
        bool isInNamespace = parts.Length > 3 && parts[3] == "namespaces";
        string plural = PluralIn(parts[1], isInNamespace ? parts[5] : parts[3]);
        string? space = isInNamespace ? parts[4] : null;
        string? name = parts.Length > 6 ? parts[6] : null;
        string asked = isInNamespace ? parts[5] : parts[3];
        string resource = parts.Length > 7 ? $"{asked}/{parts[7]}" : asked;
        bool isWatch = context.Request.Query["watch"] == "true";
        string verb = VerbOf(context.Request.Method, isWatch, name);
        Requests.Enqueue((verb, parts.Length > 7 ? $"{plural}/{parts[7]}" : plural, context.Request.QueryString.Value ?? ""));
        _requestsOf.AddOrUpdate(context.Request.Headers.Authorization.ToString(), 1, (_, count) => count + 1);
        Used.TryAdd((parts[1], resource, verb), true);
        if (Token is not null && context.Request.Headers.Authorization != $"Bearer {Token}")
        {
            context.Response.StatusCode = 401;
        }
        else if (Allowed is not null && !Allowed.Contains((parts[1], resource, verb)))
        {
            context.Response.StatusCode = 403;
            Interlocked.Increment(ref _denied);
        }
        else if (_failures.TryGetValue(plural, out (HttpStatusCode Status, string? RetryAfter) failure))
        {
            context.Response.StatusCode = (int)failure.Status;
            context.Response.Headers.RetryAfter = failure.RetryAfter;
        }
        else if (isWatch)
        {
            await WatchAsync(context, plural);
        }
        else if (plural == "leases")
        {
            await LeaseAsync(context);
        }
        else if (plural == "secrets")
        {
            await SecretAsync(context, space!, name!);
        }
        else if (verb == "patch")
        {
            await StatusAsync(context, (plural, space!, name!));
        }
        else
        {
            await ListAsync(context, plural, space);
        }
    }

    private static string VerbOf(string method, bool isWatch, string? name) => method switch
    {
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        _ => isWatch ? "watch" : name is null ? "list" : "get",
    };

    private async Task SecretAsync(HttpContext context, string space, string name)
    {
        JsonObject? found;
        lock (_gate)
        {
            found = (JsonObject?)_objects.GetValueOrDefault(("secrets", space, name))?.DeepClone();
        }

        if (found is null)
        {
            context.Response.StatusCode = 404;
            return;
        }

        found["data"] = new JsonObject(((JsonObject)found["spec"]!).Select(
            value => KeyValuePair.Create(value.Key, (JsonNode?)Convert.ToBase64String(Encoding.UTF8.GetBytes((string)value.Value!)))));
        found.Remove("spec");
        await context.Response.WriteAsync(found.ToJsonString());
    }

    // Two operators have a kind with this plural.
    private static string PluralIn(string group, string plural) => group == KmcpKinds.Group ? $"{plural}.{group}" : plural;

    // There is one lease.
    private async Task LeaseAsync(HttpContext context)
    {
        JsonObject? body = context.Request.Method == "GET" ? null : (JsonObject)(await JsonNode.ParseAsync(context.Request.Body))!;
        lock (_gate)
        {
            string? version = (string?)Lease?["metadata"]!["resourceVersion"];
            bool isFree = context.Request.Method == "POST" && Lease is null;
            bool isCurrent = context.Request.Method == "PUT" && version is not null && (string?)body!["metadata"]!["resourceVersion"] == version;
            if (isFree || isCurrent)
            {
                body!["metadata"]!["resourceVersion"] = $"{++_version}";
                Lease = body;
                Holders.Enqueue((string)body["spec"]!["holderIdentity"]!);
            }

            context.Response.StatusCode = isFree ? 201 : isCurrent ? 200 : context.Request.Method == "GET" ? (Lease is null ? 404 : 200) : 409;
            body = Lease?.DeepClone() as JsonObject;
        }

        await context.Response.WriteAsync(body?.ToJsonString() ?? "{}");
    }

    private async Task StatusAsync(HttpContext context, (string Plural, string Namespace, string Name) key)
    {
        JsonObject body = (JsonObject)(await JsonNode.ParseAsync(context.Request.Body))!;
        string answer;
        lock (_gate)
        {
            if (_statusFailure is (HttpStatusCode status, string text))
            {
                context.Response.StatusCode = (int)status;
                answer = text;
            }
            else if (_objects.TryGetValue(key, out JsonObject? found)
                && body["metadata"]!["resourceVersion"] is JsonNode version && (string?)version != (string?)found["metadata"]!["resourceVersion"])
            {
                context.Response.StatusCode = 409;
                answer = "{}";
            }
            else if (found is not null)
            {
                StatusWrites.Enqueue((context.Request.Headers.Authorization.ToString(), key.Plural, key.Name));
                found["status"] = body["status"]!.DeepClone();
                found["metadata"]!["resourceVersion"] = $"{++_version}";
                SendLocked(key.Plural, Event("MODIFIED", found));
                answer = found.ToJsonString();
            }
            else
            {
                context.Response.StatusCode = 404;
                answer = "{}";
            }
        }

        await context.Response.WriteAsync(answer);
    }

    private async Task ListAsync(HttpContext context, string plural, string? space)
    {
        string body;
        lock (_gate)
        {
            int from = int.Parse(context.Request.Query["continue"].FirstOrDefault() ?? "0", System.Globalization.CultureInfo.InvariantCulture);
            JsonObject[] all = [.. _objects.Where(entry => entry.Key.Plural == plural && (space is null || entry.Key.Namespace == space)).Select(entry => entry.Value)];
            JsonObject metadata = new() { ["resourceVersion"] = $"{_version}" };
            if (all.Length - from > PageSize)
            {
                metadata["continue"] = $"{from + PageSize}";
            }

            body = new JsonObject
            {
                ["metadata"] = metadata,
                ["items"] = new JsonArray([.. all.Skip(from).Take(PageSize).Select(item => item.DeepClone())]),
            }.ToJsonString();
        }

        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(body);
    }

    private async Task WatchAsync(HttpContext context, string plural)
    {
        Channel<string?> lines = Channel.CreateUnbounded<string?>();
        if (_expiresNextWatch && (_expiringPlural ?? plural) == plural)
        {
            _expiresNextWatch = false;
            lines.Writer.TryWrite("""{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}""");
            lines.Writer.TryComplete();
        }

        (string, Channel<string?>) entry = (plural, lines);
        lock (_gate)
        {
            // What has happened since the version that is asked for.
            int since = int.Parse(context.Request.Query["resourceVersion"].Single()!, System.Globalization.CultureInfo.InvariantCulture);
            foreach ((_, _, string missed) in _events.Where(entry => entry.Plural == plural && entry.Version > since))
            {
                lines.Writer.TryWrite(missed);
            }

            _watches.Add(entry);
        }

        try
        {
            await context.Response.StartAsync();
            await context.Response.Body.FlushAsync();
            await foreach (string? line in lines.Reader.ReadAllAsync(context.RequestAborted))
            {
                if (line is null)
                {
                    context.Abort();
                    return;
                }

                await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(line + "\n"));
                await context.Response.Body.FlushAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // The client has gone.
        }
        finally
        {
            lock (_gate)
            {
                _watches.Remove(entry);
            }
        }
    }
}
