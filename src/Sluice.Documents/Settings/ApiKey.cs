using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>An API key, known by its hash.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed record ApiKey
{
    /// <summary>The user whom it identifies, in Unicode's form NFC, without surrounding white space.</summary>
    /// <value>1 to 256 characters.</value>
    public required string User { get; init; }

    /// <summary>The user's tenant, or null.</summary>
    /// <value>1 to 256 characters.</value>
    public string? Tenant { get; init; }

    /// <summary>A name for logs, which tell keys apart without telling users; or null.</summary>
    /// <value>1 to 256 characters.</value>
    public string? Name { get; init; }

    /// <summary>What the key allows, as the claim <c>scope</c> of a token would say it.</summary>
    /// <value>The default is nothing.</value>
    public ImmutableArray<string> Scopes { get; init; } = [];

    /// <summary>The claims of the key's user and their values, as a token would state them.</summary>
    /// <value>Empty by default.</value>
    public ImmutableDictionary<string, ImmutableArray<string>> Claims { get; init; } = ImmutableDictionary<string, ImmutableArray<string>>.Empty;

    /// <summary>The SHA-256 of the key's UTF-8 bytes.</summary>
    /// <value>32 bytes.</value>
    public required ImmutableArray<byte> Sha256 { get; init; }
}
