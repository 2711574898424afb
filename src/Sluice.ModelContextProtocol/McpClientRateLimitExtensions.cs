using ModelContextProtocol.Protocol;
using Sluice.ModelContextProtocol;

namespace ModelContextProtocol.Client;

/// <summary>Calls that wait and try again when a server rejects them.</summary>
public static class McpClientRateLimitExtensions
{
    /// <summary>Calls a tool, and where a limit rejects it waits as long as the rejection says and calls it again.</summary>
    /// <remarks>
    /// Only an error with <c>data.limit</c> and <c>data.retryAfterMs</c> (or the code 503) is such a rejection, as a JSON-RPC error or
    /// in the body of an HTTP 429 or 503: that call was not made. Do not use it with a server whose tools pass on the rejections of
    /// other servers as their own: there the tool has run.
    /// </remarks>
    /// <param name="client">The client.</param>
    /// <param name="toolName">The tool.</param>
    /// <param name="arguments">Its arguments; null for none.</param>
    /// <param name="retry">How to wait; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the call, and the wait.</param>
    /// <exception cref="ArgumentNullException"><paramref name="client"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="toolName"/> is null or empty.</exception>
    /// <exception cref="McpProtocolException">The call failed, or was rejected and is not to be tried again.</exception>
    /// <exception cref="HttpRequestException">The same, where the server says it by the status of HTTP.</exception>
    public static async ValueTask<CallToolResult> CallToolWithRetryAsync(
        this McpClient client,
        string toolName,
        IReadOnlyDictionary<string, object?>? arguments = null,
        RateLimitRetryOptions? retry = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentException.ThrowIfNullOrEmpty(toolName);
        RetryBudget budget = new(retry ?? new RateLimitRetryOptions());
        while (true)
        {
            try
            {
                return await client.CallToolAsync(toolName, arguments, cancellationToken: cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is McpProtocolException or HttpRequestException)
            {
                if (RejectionReader.WaitOf(exception) is not TimeSpan wait
                    || !await budget.TryWaitAsync(wait, cancellationToken).ConfigureAwait(false))
                {
                    throw;
                }
            }
        }
    }
}
