using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Sluice.Gateway;

/// <summary>Remembers tokens that were verified, since a signature costs fifty times what this look-up does.</summary>
/// <remarks>
/// <para>
/// Tokens are known by their SHA-256 alone. Only those enter that an issuer has signed, so no other caller can fill it; it keeps two
/// generations, and the older one goes as a whole.
/// </para>
/// <para>Thread safety: any number of requests at a time.</para>
/// </remarks>
internal sealed class VerifiedTokens
{
    /// <summary>The most tokens of one generation.</summary>
    internal const int MaxPerGeneration = 8_192;

    private readonly Lock _lock = new();
    private volatile ConcurrentDictionary<(UInt128, UInt128), VerifiedToken> _young = new();
    private volatile ConcurrentDictionary<(UInt128, UInt128), VerifiedToken> _old = new();

    /// <summary>How many are remembered.</summary>
    internal int Count => _young.Count + _old.Count;

    /// <summary>Finds what is remembered of a token; whether it is still good is for the caller to find out.</summary>
    internal bool TryFind(string text, [NotNullWhen(true)] out VerifiedToken? token)
    {
        (UInt128, UInt128) hash = HashOf(text);
        if (_young.TryGetValue(hash, out token))
        {
            return true;
        }

        if (!_old.TryGetValue(hash, out token))
        {
            return false;
        }

        Add(hash, token); // What is in use outlives its generation.
        return true;
    }

    /// <summary>Remembers a token, in the place of what was known of it.</summary>
    internal void Add(string text, VerifiedToken token) => Add(HashOf(text), token);

    private void Add((UInt128, UInt128) hash, VerifiedToken token)
    {
        lock (_lock)
        {
            if (_young.Count >= MaxPerGeneration)
            {
                _old = _young;
                _young = new();
            }

            _young[hash] = token;
        }
    }

    private static (UInt128, UInt128) HashOf(string text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(MemoryMarshal.AsBytes(text.AsSpan()), hash);
        return (MemoryMarshal.Read<UInt128>(hash), MemoryMarshal.Read<UInt128>(hash[16..]));
    }
}
