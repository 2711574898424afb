using System.Collections.Immutable;
using System.Text.Json;

namespace Sluice.Gateway;

/// <summary>Decides for which server a token is.</summary>
/// <remarks>
/// <para>
/// Source: RFC 8707, section 2, and RFC 9728, section 3: the audience of a token is the resource that the server advertises, to the
/// letter. An audience from the configuration counts for every server, unless it is the resource of another server here.
/// </para>
/// <para>Thread safety: immutable.</para>
/// </remarks>
/// <param name="paths">The servers.</param>
/// <param name="address">Where clients reach the gateway.</param>
internal sealed class TokenAudiences(ServerPaths paths, PublicAddress address)
{
    /// <summary>The values of <c>aud</c>; null when it is neither text nor a list of texts, none when it is absent.</summary>
    internal static ImmutableArray<string>? Read(JsonElement claims)
    {
        if (!claims.TryGetProperty("aud", out JsonElement audience))
        {
            return [];
        }

        return audience.ValueKind switch
        {
            JsonValueKind.String => [audience.GetString()!],
            JsonValueKind.Array when audience.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String) =>
                [.. audience.EnumerateArray().Select(item => item.GetString()!)],
            _ => null,
        };
    }

    /// <summary>Null, or why a token is not for a server, as a clause.</summary>
    /// <param name="context">The request.</param>
    /// <param name="server">The name of the server that is called.</param>
    /// <param name="audiences">The token's audiences.</param>
    /// <param name="configured">The audiences that the configuration accepts from the token's issuer.</param>
    internal string? WhyNotFor(
        HttpContext context, string server, ImmutableArray<string> audiences, ImmutableArray<string> configured)
    {
        if (audiences.IsEmpty)
        {
            return "the token names no audience";
        }

        string? below = address.VerifiedOf(context);
        foreach (string audience in audiences)
        {
            string? named = ServerOf(audience, below);
            if (named == server || (named is null && configured.Contains(audience)))
            {
                return null;
            }
        }

        return below is null || context.Request.Path.Value is not string path
            ? "the token is for another audience"
            : $"the token is for another audience. Ask its issuer for one whose audience is '{below}{path.TrimEnd('/')}'";
    }

    private string? ServerOf(string audience, string? below) => below is not null && audience.StartsWith(below, StringComparison.Ordinal)
        ? paths.FindResource(audience.AsSpan(below.Length))?.Name
        : null;
}
