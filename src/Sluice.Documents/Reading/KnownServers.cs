using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Sluice.Documents;

/// <summary>The servers of the last valid reading of a document, by their text: what has not changed need not be read again.</summary>
/// <remarks>
/// <para>
/// What a server is depends on its text and on which parts of an identity <c>auth</c> gives, and on nothing else. A text with <c>${</c> is
/// not kept, because it depends on the environment and on files too.
/// </para>
/// <para>It keeps digests in place of texts. Thread safety: one thread at a time.</para>
/// </remarks>
internal sealed class KnownServers
{
    private Dictionary<string, ServerConfiguration> _byDigest = [];
    private KnownIdentities? _identities;

    /// <summary>Whether a document was read server by server.</summary>
    internal bool IsUsed => _identities is not null;

    /// <summary>How many servers are known.</summary>
    internal int Count => _byDigest.Count;

    /// <summary>Begins to read a document.</summary>
    internal Reading Begin(KnownIdentities identities) => new(this, identities);

    /// <summary>One reading of a document.</summary>
    internal sealed class Reading(KnownServers known, KnownIdentities identities)
    {
        private readonly Dictionary<string, ServerConfiguration> _known = identities.Equals(known._identities) ? known._byDigest : [];
        private readonly Dictionary<string, ServerConfiguration> _read = [];

        /// <summary>Finds the server of a text.</summary>
        internal bool TryFind(ReadOnlySpan<char> text, out string digest, [NotNullWhen(true)] out ServerConfiguration? server)
        {
            digest = Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(text)));
            return _known.TryGetValue(digest, out server);
        }

        /// <summary>Adds the server of a text.</summary>
        internal void Add(ReadOnlySpan<char> text, string digest, ServerConfiguration server)
        {
            if (!text.Contains("${", StringComparison.Ordinal))
            {
                _read[digest] = server;
            }
        }

        /// <summary>The whole document is valid: the next reading begins with its servers, and with no others.</summary>
        internal void Complete()
        {
            known._byDigest = _read;
            known._identities = identities;
        }
    }
}
