using System.Collections.Immutable;
using System.Text;
using Microsoft.Extensions.Primitives;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>Finds out who calls by what a trusted proxy says.</summary>
/// <remarks>Thread safety: immutable.</remarks>
/// <param name="proxies">Who is believed.</param>
/// <param name="configured">Which headers name a caller; one of them names a user.</param>
/// <param name="userSpansTenants">Whether a user is the same in every tenant.</param>
/// <param name="claimNames">The claims that limits ask for.</param>
internal sealed class ProxyAuthenticator(
    TrustedProxies proxies, TrustedProxy configured, bool userSpansTenants, ImmutableArray<string> claimNames) : IAuthenticator
{
    /// <summary>The issuer of identities that a proxy has verified.</summary>
    internal const string Issuer = "urn:sluice:proxy";

    private const int MaxLength = 1_024;
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public ValueTask<AuthenticationResult> AuthenticateAsync(HttpContext context, string server) => ValueTask.FromResult(
        proxies.SpeakFor(context)
            ? Authenticate(context.Request.Headers)
            : AuthenticationResult.NoCredentials("the request does not come from a trusted proxy"));

    private AuthenticationResult Authenticate(IHeaderDictionary headers) =>
        !TryRead(headers, configured.UserHeader, out string? user, out string? wrong)
            || !TryRead(headers, configured.TenantHeader, out string? tenant, out wrong)
            || !TryRead(headers, configured.ClientHeader, out string? client, out wrong)
            || !TryReadClaims(headers, out CallerClaims claims, out wrong)
                ? AuthenticationResult.Failed(wrong!)
            : user is null ? AuthenticationResult.NoCredentials("the proxy names no user")
            : AuthenticationResult.Succeeded(
                claims.AddTo(new CallerIdentity(Issuer, user, tenant, client) { UserSpansTenants = userSpansTenants }, claimNames), claims);

    /// <summary>Reads the headers of claims. A header may have several values, with commas between them.</summary>
    private bool TryReadClaims(IHeaderDictionary headers, out CallerClaims claims, out string? wrong)
    {
        wrong = null;
        claims = CallerClaims.None;
        ImmutableDictionary<string, ImmutableArray<string>> stated = ImmutableDictionary<string, ImmutableArray<string>>.Empty;
        foreach ((string claim, string header) in configured.ClaimHeaders)
        {
            if (!TryRead(headers, header, out string? values, out wrong))
            {
                return false;
            }

            string[] each = values?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
            stated = each.Length == 0 ? stated : stated.SetItem(claim, [.. each]);
        }

        claims = stated.IsEmpty ? claims : CallerClaims.Of(stated);
        return true;
    }

    private static bool TryRead(IHeaderDictionary headers, string? name, out string? part, out string? wrong)
    {
        part = null;
        wrong = null;
        StringValues values = name is null ? StringValues.Empty : headers[name];
        if (values.Count == 0)
        {
            return true;
        }

        if (values.Count > 1)
        {
            wrong = $"the header {name} is there twice";
            return false;
        }

        try
        {
            // Headers are read byte by byte, and proxies write UTF-8.
            string text = CallerIdentity.Normalize(Utf8.GetString(Encoding.Latin1.GetBytes(values[0]!)));
            wrong = text.Length > MaxLength ? $"the header {name} has more than {MaxLength} characters" : null;
            part = text.Length == 0 ? null : text;
        }
        catch (DecoderFallbackException)
        {
            wrong = $"the header {name} is not UTF-8";
        }

        return wrong is null;
    }
}
