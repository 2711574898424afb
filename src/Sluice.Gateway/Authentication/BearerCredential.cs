using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Primitives;

namespace Sluice.Gateway;

/// <summary>Reads what follows <c>Bearer</c> in the header <c>Authorization</c>.</summary>
internal static class BearerCredential
{
    internal const string Twice = "the header Authorization is there twice";
    private const string Prefix = "Bearer ";

    /// <summary>Whether the header is there more than once, so that two readers could see two callers.</summary>
    internal static bool IsAmbiguous(IHeaderDictionary headers) => headers.Authorization.Count > 1;

    /// <summary>Reads the credential.</summary>
    internal static bool TryRead(IHeaderDictionary headers, [NotNullWhen(true)] out string? credential)
    {
        StringValues authorization = headers.Authorization;
        credential = authorization.Count == 1 && authorization[0]!.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)
            ? authorization[0]![Prefix.Length..].Trim()
            : null;
        return credential is not null;
    }
}
