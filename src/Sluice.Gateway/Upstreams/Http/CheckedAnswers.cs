using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace Sluice.Gateway;

/// <summary>Accepts answers with a certain end and a head that can be forwarded; rejects all others.</summary>
/// <remarks>
/// <para>Kestrel rejects control characters in the values of headers; it does not look at the reason phrase.</para>
/// <para>Source: RFC 9112, sections 4 and 6.3, for the reason phrase and the length of an answer, RFC 9110, section 8.6, for
/// lengths.</para>
/// </remarks>
internal sealed class CheckedAnswers(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private static readonly SearchValues<char> Control = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Where(character => character != '\t').Append(0x7F).Select(character => (char)character)]);

    /// <exception cref="HttpRequestException">There is no answer, or none that can be trusted.</exception>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
        if (FindFault(response, out long? listedLength) is string fault)
        {
            response.Dispose();
            throw new HttpRequestException(HttpRequestError.InvalidResponse, fault);
        }

        if (listedLength is long length)
        {
            await BoundAsync(response, length, cancellationToken);
        }

        return response;
    }

    /// <summary>Ends a body at its length where the length is written as a list (<c>2, 2</c>), which .NET does not read.</summary>
    private static async Task BoundAsync(HttpResponseMessage response, long length, CancellationToken cancellationToken)
    {
        HttpContent unbounded = response.Content;
        StreamContent bounded = new(new BoundedStream(await unbounded.ReadAsStreamAsync(cancellationToken), length));
        foreach ((string name, HeaderStringValues values) in unbounded.Headers.NonValidated)
        {
            bounded.Headers.TryAddWithoutValidation(name, values);
        }

        bounded.Headers.ContentLength = length;
        response.Content = bounded;
    }

    private static string? FindFault(HttpResponseMessage response, out long? listedLength)
    {
        listedLength = null;
        int status = (int)response.StatusCode;
        if (status < 200)
        {
            return $"the status {status} is not final";
        }

        if (response.ReasonPhrase.AsSpan().ContainsAny(Control))
        {
            return "the reason phrase has a control character";
        }

        bool isChunked = false;
        if (response.Headers.NonValidated.TryGetValues("Transfer-Encoding", out HeaderStringValues codings))
        {
            string coding = codings.ToString().Trim();
            isChunked = coding.Equals("chunked", StringComparison.OrdinalIgnoreCase);
            if (!isChunked && !coding.Equals("identity", StringComparison.OrdinalIgnoreCase))
            {
                return $"the transfer coding '{coding}' is not chunked";
            }
        }

        bool hasNoBody = response.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.ResetContent;
        return FindLengthFault(response.Content.Headers, isChunked, hasNoBody, out listedLength);
    }

    private static string? FindLengthFault(HttpContentHeaders headers, bool isChunked, bool hasNoBody, out long? listedLength)
    {
        listedLength = null;
        if (!headers.NonValidated.TryGetValues("Content-Length", out HeaderStringValues lengths))
        {
            return null;
        }

        if (isChunked)
        {
            headers.Remove("Content-Length"); // Chunks take precedence.
            return null;
        }

        long? length = null;
        foreach (string line in lengths)
        {
            foreach (Range token in line.AsSpan().Split(','))
            {
                if (!long.TryParse(line.AsSpan(token).Trim(" \t"), NumberStyles.None, CultureInfo.InvariantCulture, out long value))
                {
                    return "the length is not a number";
                }

                if (length is not null && value != length)
                {
                    return "there are two lengths";
                }

                length = value;
            }
        }

        if (hasNoBody && length > 0)
        {
            return "the status allows no body, and there is a length";
        }

        if (lengths.ToString().Contains(','))
        {
            headers.ContentLength = length;
            listedLength = lengths.Count == 1 ? length : null;
        }

        return null;
    }
}
