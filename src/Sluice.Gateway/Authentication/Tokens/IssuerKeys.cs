using System.Collections.Frozen;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>Where the keys of each configured issuer come from. Keys of an issuer that stays configured are kept.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed class IssuerKeys
{
    private readonly FrozenDictionary<string, IKeySource> _byIssuer;
    private readonly FetchedKeys[] _new;

    private IssuerKeys(Dictionary<string, IKeySource> byIssuer, FetchedKeys[] added)
    {
        _byIssuer = byIssuer.ToFrozenDictionary(StringComparer.Ordinal);
        _new = added;
    }

    /// <summary>The keys of an issuer of the configuration.</summary>
    internal IKeySource this[JwtIssuer issuer] => _byIssuer[issuer.Issuer];

    /// <summary>Opens the keys of all issuers of a configuration.</summary>
    /// <param name="auth">The issuers, with different names.</param>
    /// <param name="documents">Asks issuers.</param>
    /// <param name="previous">The keys under the configuration before; or null.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log of what happens to keys.</param>
    /// <exception cref="FormatException">A key file cannot be used; the message says which and why.</exception>
    internal static IssuerKeys Open(
        AuthConfiguration auth, DocumentClient documents, IssuerKeys? previous, TimeProvider time, ILogger<JwtAuthenticator> logger)
    {
        Dictionary<string, IKeySource> byIssuer = new(StringComparer.Ordinal);
        List<FetchedKeys> added = [];
        foreach (JwtIssuer issuer in auth.JwtIssuers)
        {
            IKeySource? before = previous?._byIssuer.GetValueOrDefault(issuer.Issuer);
            if (issuer.KeyFile is string file)
            {
                FileKeys read = FileKeys.Read(file);
                byIssuer.Add(issuer.Issuer, before is FileKeys same && same.HasContentOf(read) ? same : read);
            }
            else if (before is FetchedKeys known)
            {
                byIssuer.Add(issuer.Issuer, known);
            }
            else
            {
                string name = issuer.Issuer;
                FetchedKeys source = new(name, stop => IssuerDiscovery.FetchAsync(documents, name, stop), time, logger);
                added.Add(source);
                byIssuer.Add(name, source);
            }
        }

        return new IssuerKeys(byIssuer, [.. added]);
    }

    /// <summary>Asks every issuer that is new for its keys before the first token comes; nothing waits for the answers.</summary>
    internal Task PrefetchAsync() => Task.WhenAll(_new.Select(keys => keys.PrefetchAsync()));
}
