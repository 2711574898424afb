using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Sluice.Kubernetes;

/// <summary>The requests that Sluice sends to an API server.</summary>
/// <remarks>Thread safety: any number of threads.</remarks>
/// <param name="connection">The way to the server.</param>
/// <param name="time">The clock.</param>
internal sealed class ApiRequests(ClusterConnection connection, TimeProvider time)
{
    /// <summary>How long an answer may take to come: its head, and for all but a watch its whole body.</summary>
    internal static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(30);

    private const int MaxErrorLength = 4_096;

    /// <summary>Sends a request, and reads the answer, which is JSON.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">The path and query.</param>
    /// <param name="body">The body and its type; null for none.</param>
    /// <param name="answerTime">How long the answer may take.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ApiFailure">There was no answer, or not the one that was asked for.</exception>
    internal async Task<JsonDocument> SendAsync(
        HttpMethod method, string path, HttpContent? body, TimeSpan answerTime, CancellationToken cancellationToken)
    {
        using CancellationTokenSource late = new(answerTime, time);
        using CancellationTokenSource ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            using HttpResponseMessage response = await OpenAsync(method, path, body, ends.Token, cancellationToken);
            return await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync(ends.Token), default, ends.Token);
        }
        catch (Exception exception) when (exception is IOException or JsonException or HttpRequestException || IsLate(exception, cancellationToken))
        {
            throw Failure(exception);
        }
    }

    /// <summary>Sends a request, and reads the head of the answer.</summary>
    /// <param name="path">The path and query.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ApiFailure">There was no answer, or it was not 200.</exception>
    internal async Task<HttpResponseMessage> OpenStreamAsync(string path, CancellationToken cancellationToken)
    {
        using CancellationTokenSource late = new(AnswerTime, time);
        using CancellationTokenSource ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        return await OpenAsync(HttpMethod.Get, path, null, ends.Token, cancellationToken);
    }

    /// <summary>Why a stream that had begun was cut.</summary>
    internal static ApiFailure Failure(Exception exception) => exception switch
    {
        OperationCanceledException => new ApiFailure(null, "The API server did not answer in time.", inner: exception),
        JsonException or FormatException => new ApiFailure(null, "The API server sent what is not JSON of an object.", inner: exception),
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } =>
            new ApiFailure(null, "The certificate of the API server is not trusted.", inner: exception),
        _ => new ApiFailure(null, "The API server cannot be reached.", inner: exception),
    };

    private async Task<HttpResponseMessage> OpenAsync(
        HttpMethod method, string path, HttpContent? body, CancellationToken ends, CancellationToken asked)
    {
        ClusterClient client = connection.Client;
        using HttpRequestMessage request = new(method, new Uri(path, UriKind.Relative)) { Content = body };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        HttpResponseMessage response;
        try
        {
            response = await client.SendAsync(request, ends);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or ObjectDisposedException || IsLate(exception, asked))
        {
            throw Failure(exception);
        }

        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            if (response.StatusCode == HttpStatusCode.Unauthorized)
            {
                connection.Renew(client);
            }

            throw new ApiFailure(
                response.StatusCode,
                $"The API server answered {(int)response.StatusCode} to {method} {path.Split('?')[0]}.",
                response.Headers.RetryAfter?.Delta)
            {
                IsFinal = method == HttpMethod.Patch
                    && response.StatusCode == HttpStatusCode.InternalServerError
                    && await IsUntypedAsync(response, ends),
            };
        }
    }

    // Server-side apply answers 500 to a field that the definition does not have.
    private static async Task<bool> IsUntypedAsync(HttpResponseMessage response, CancellationToken ends)
    {
        byte[] buffer = new byte[MaxErrorLength];
        try
        {
            await using Stream body = await response.Content.ReadAsStreamAsync(ends);
            int length = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, ends);
            string text = Encoding.UTF8.GetString(buffer, 0, length);
            return text.Contains("failed to create typed patch", StringComparison.Ordinal)
                || text.Contains("duplicate entries for key", StringComparison.Ordinal);
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException or OperationCanceledException)
        {
            return false; // What it says is not known.
        }
    }

    private static bool IsLate(Exception exception, CancellationToken asked) =>
        exception is OperationCanceledException && !asked.IsCancellationRequested;
}
