using System.Net;

namespace Sluice.Gateway;

/// <summary>
/// Follows a server's redirects within its own origin, so that its addresses stay inside: 307 and 308 for every request, 301
/// and 302 where the method stays the same (GET, DELETE, OPTIONS), 303 for GET.
/// </summary>
/// <remarks>
/// <para>A POST that is answered with 301, 302 or 303 would become a GET, which is no call. Its client gets the server's answer.</para>
/// <para>Source: RFC 9110, section 15.4; WHATWG Fetch, HTTP-redirect fetch.</para>
/// </remarks>
internal sealed class Redirects(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private const int MaxCount = 3;

    /// <exception cref="UpstreamRefusedException">The server redirects to another origin, or more than three times.</exception>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Uri origin = request.RequestUri!;
        for (int count = 0; ; count++)
        {
            HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
            if (!IsRedirect(response.StatusCode) || Location(response) is not string location)
            {
                return response;
            }

            // 307 and 308 say that the request was not processed; the others are sent after processing as well.
            bool canHaveRun = !IsExact(response.StatusCode);
            string from = $"HTTP {(int)response.StatusCode} of {Shown(request.RequestUri!)}";
            if (!Uri.TryCreate(request.RequestUri, location, out Uri? target) || !IsWithin(origin, target))
            {
                response.Dispose();
                throw new UpstreamRefusedException(
                    UpstreamFailure.RedirectedElsewhere(canHaveRun), $"{from} redirects to {(target is null ? "no address" : Shown(target))}");
            }

            if (!IsFollowed(request.Method, response.StatusCode))
            {
                return response;
            }

            response.Dispose();
            if (count == MaxCount)
            {
                throw new UpstreamRefusedException(
                    UpstreamFailure.RedirectedTooOften(canHaveRun), $"{from} redirects to {Shown(target)} again");
            }

            request.RequestUri = target;
        }
    }

    private static bool IsRedirect(HttpStatusCode status) =>
        IsExact(status) || status is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther;

    private static bool IsExact(HttpStatusCode status) =>
        status is HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;

    private static bool IsFollowed(HttpMethod method, HttpStatusCode status) =>
        IsExact(status) || method == HttpMethod.Get || (method != HttpMethod.Post && status != HttpStatusCode.SeeOther);

    private static string? Location(HttpResponseMessage response) =>
        response.Headers.NonValidated.TryGetValues("Location", out System.Net.Http.Headers.HeaderStringValues values)
            ? values.ToString()
            : null;

    /// <summary>Whether an address has the scheme, the host and the port of another, and no user.</summary>
    internal static bool IsWithin(Uri origin, Uri target) =>
        Uri.Compare(origin, target, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0
        && target.UserInfo.Length == 0;

    // Without a query, which may hold secrets, and without a user.
    private static string Shown(Uri address) =>
        address.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);
}
