using System.Diagnostics;
using System.Globalization;
using System.Net;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>Asks a server for its lists of tools, prompts, resources and resource templates, in either protocol era.</summary>
/// <remarks>
/// <para>It connects as the gateway does: with <c>servers[].headers</c>, or with the environment of a command, and no user's
/// credentials.</para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
internal static class ServerProbe
{
    /// <summary>The most names of a list, and the most pages of it.</summary>
    internal const int MaxNames = 20_000;
    private const int MaxPages = 1_000;
    private const long MaxBytes = 64 * 1024 * 1024;

    /// <summary>The lists of a server.</summary>
    /// <param name="server">The server.</param>
    /// <param name="timeout">How long the whole takes at most.</param>
    /// <param name="time">The clock of the timeout.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    internal static async Task<ServerListing> ReadAsync(
        ServerConfiguration server, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        if (server.Upstream is UnknownUpstreamConfiguration)
        {
            return ServerListing.Failed("is at an address that its manifest does not say");
        }

        using CancellationTokenSource late = new(timeout, time);
        using CancellationTokenSource ends = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        ProbeHandler? handler = server.Upstream is HttpUpstreamConfiguration
            ? new ProbeHandler(new Redirects(new CheckedAnswers(UpstreamConnections.Create())), MaxBytes)
            : null;
        try
        {
            using HttpClient? http = handler is null ? null : new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
            IClientTransport transport = server.Upstream switch
            {
                HttpUpstreamConfiguration upstream => OverHttp(upstream, server, http!, timeout),
                CommandUpstreamConfiguration command => OverStdio(command),
                UpstreamConfiguration other => throw new ArgumentException(
                    $"{other.GetType()} is an unknown type of upstream.", nameof(server)),
            };
            McpClientOptions options = new()
            {
                ClientInfo = new Implementation { Name = "sluice", Version = GatewayVersion.Text },
                InitializationTimeout = timeout,
            };
            await using McpClient client = await McpClient.CreateAsync(transport, options, loggerFactory: null, ends.Token);
            return new ServerListing(await ReadAsync(client, ends.Token), Failure: null, NeedsSignIn: false);
        }
        catch (Exception exception) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException("The check was cancelled.", exception, cancellationToken);
        }
        catch (Exception) when (late.IsCancellationRequested)
        {
            return ServerListing.Failed(
                string.Create(CultureInfo.InvariantCulture, $"did not answer within {timeout.TotalSeconds:0.###} s"));
        }
        catch (CommandNotStartedException exception)
        {
            return ServerListing.Failed($"cannot be started: {exception.Message}");
        }
        catch (TooManyNamesException)
        {
            return ServerListing.Failed($"lists more than {MaxNames} names, or more than {MaxPages} pages of them");
        }
        catch (Exception exception)
        {
            return Explain(exception, handler, server.Upstream is CommandUpstreamConfiguration);
        }
    }

    // The message of an exception may hold a whole answer, which is not ours to print.
    private static ServerListing Explain(Exception exception, ProbeHandler? handler, bool isCommand)
    {
        HttpRequestException? failed = FindCause<HttpRequestException>(exception);
        return handler switch
        {
            { IsOverBound: true } => ServerListing.Failed($"sends more than {MaxBytes / 1024 / 1024} MiB"),
            { ErrorStatus: HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden } => ServerListing.Failed(
                $"asks callers to sign in (HTTP {(int)handler.ErrorStatus}). "
                    + "Give the gateway credentials in 'headers', or check with a user's client",
                needsSignIn: true),
            { ErrorStatus: HttpStatusCode status } => ServerListing.Failed($"answered HTTP {(int)status}"),
            _ when FindCause<UpstreamRefusedException>(exception) is UpstreamRefusedException refused => ServerListing.Failed(
                $"answers what the gateway does not accept: {refused.Message}"),
            _ when failed?.HttpRequestError is HttpRequestError.NameResolutionError => ServerListing.Failed(
                "has a host name that cannot be resolved"),
            _ when failed?.HttpRequestError is HttpRequestError.ConnectionError => ServerListing.Failed("cannot be reached"),
            _ when failed?.HttpRequestError is HttpRequestError.SecureConnectionError => ServerListing.Failed(
                "has no TLS certificate that this machine accepts"),
            _ when isCommand
                && exception is not McpException => ServerListing.Failed("ended, or wrote what is not MCP, before it had answered"),
            _ => ServerListing.Failed("gives an answer that is not that of an MCP server"),
        };
    }

    private static T? FindCause<T>(Exception? exception)
        where T : Exception
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is T found)
            {
                return found;
            }
        }

        return null;
    }

    private static HttpClientTransport OverHttp(
        HttpUpstreamConfiguration upstream, ServerConfiguration server, HttpClient http, TimeSpan timeout) => new(
        new HttpClientTransportOptions
        {
            Endpoint = upstream.Address,
            TransportMode = HttpTransportMode.StreamableHttp,
            AdditionalHeaders = server.Headers.ToDictionary(header => header.Key, header => header.Value, StringComparer.OrdinalIgnoreCase),
            ConnectionTimeout = timeout,
            EnableStandaloneGetStream = false,
        },
        http,
        loggerFactory: null,
        ownsHttpClient: false);

    private static StdioClientTransport OverStdio(CommandUpstreamConfiguration command)
    {
        ProcessStartInfo start = CommandStart.Of(command, inheritAll: false);
        return new StdioClientTransport(new StdioClientTransportOptions
        {
            Command = start.FileName,
            Arguments = [.. start.ArgumentList],
            WorkingDirectory = start.WorkingDirectory,
            InheritEnvironmentVariables = false,
            EnvironmentVariables = start.Environment.ToDictionary(),
            ShutdownTimeout = TimeSpan.FromSeconds(2),
        });
    }

    private static async Task<ServerNames> ReadAsync(McpClient client, CancellationToken cancellationToken)
    {
        ServerCapabilities has = client.ServerCapabilities;
        string[] tools = await ReadAsync(has.Tools is not null, async cursor =>
        {
            ListToolsResult page = await client.ListToolsAsync(new ListToolsRequestParams { Cursor = cursor }, cancellationToken);
            return (page.Tools.Select(tool => tool.Name), page.NextCursor);
        });
        string[] prompts = await ReadAsync(has.Prompts is not null, async cursor =>
        {
            ListPromptsResult page = await client.ListPromptsAsync(new ListPromptsRequestParams { Cursor = cursor }, cancellationToken);
            return (page.Prompts.Select(prompt => prompt.Name), page.NextCursor);
        });
        string[] resources = await ReadAsync(has.Resources is not null, async cursor =>
        {
            ListResourcesResult page = await client.ListResourcesAsync(
                new ListResourcesRequestParams { Cursor = cursor }, cancellationToken);
            return (page.Resources.Select(resource => resource.Uri), page.NextCursor);
        });
        string[] templates = await ReadAsync(has.Resources is not null, async cursor =>
        {
            ListResourceTemplatesResult page = await client.ListResourceTemplatesAsync(
                new ListResourceTemplatesRequestParams { Cursor = cursor }, cancellationToken);
            return (page.ResourceTemplates.Select(template => template.UriTemplate), page.NextCursor);
        });
        string?[] groups =
        [
            has.Tools is null ? null : "tools",
            has.Prompts is null ? null : "prompts",
            has.Resources is null ? null : "resources",
            has.Completions is null ? null : "completion",
        ];
        return new ServerNames(tools, prompts, resources, templates, [.. groups.OfType<string>()]);
    }

    private static async Task<string[]> ReadAsync(bool isDeclared, Func<string?, Task<(IEnumerable<string> Names, string? Next)>> readPage)
    {
        List<string> names = [];
        string? cursor = null;
        for (int pages = 0; isDeclared; pages++)
        {
            IEnumerable<string> page;
            try
            {
                (page, cursor) = await readPage(cursor);
            }
            catch (McpProtocolException exception) when (exception.ErrorCode == McpErrorCode.MethodNotFound)
            {
                break; // A server with resources need not know templates.
            }

            names.AddRange(page);
            if (names.Count > MaxNames || pages == MaxPages)
            {
                throw new TooManyNamesException();
            }

            if (cursor is null)
            {
                break;
            }
        }

        return [.. names];
    }

    private sealed class TooManyNamesException : Exception;
}
