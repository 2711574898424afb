using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Sluice.Gateway;

/// <summary>Remembers which wrong credentials an address has sent, so that a repeated one is not counted again.</summary>
/// <remarks>
/// <para>
/// A credential is kept as half of an HMAC-SHA256 under a key that this process draws when it starts, never in plain. Memory is
/// bounded: there are two generations, and the older one is evicted as a whole. A wrong credential that was evicted counts again.
/// </para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
internal sealed class WrongCredentials
{
    /// <summary>The most credentials of one generation.</summary>
    internal const int MaxPerGeneration = 16_384;

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(HMACSHA256.HashSizeInBytes);
    private readonly Lock _lock = new();
    private HashSet<UInt128> _young = [];
    private HashSet<UInt128> _old = [];

    /// <summary>How many are remembered.</summary>
    internal int Count
    {
        get
        {
            lock (_lock)
            {
                return _young.Count + _old.Count;
            }
        }
    }

    /// <summary>Whether the address has sent the credential before, and it was wrong.</summary>
    internal bool Contains(string address, string credential)
    {
        UInt128 hash = HashOf(address, credential);
        lock (_lock)
        {
            return _young.Contains(hash) || _old.Contains(hash);
        }
    }

    /// <summary>Remembers a credential of an address.</summary>
    /// <returns>False when it was remembered already.</returns>
    internal bool TryAdd(string address, string credential)
    {
        UInt128 hash = HashOf(address, credential);
        lock (_lock)
        {
            if (_young.Contains(hash) || _old.Contains(hash))
            {
                return false;
            }

            if (_young.Count >= MaxPerGeneration)
            {
                _old = _young;
                _young = [];
            }

            return _young.Add(hash);
        }
    }

    /// <summary>Forgets a credential of an address.</summary>
    internal void Remove(string address, string credential)
    {
        UInt128 hash = HashOf(address, credential);
        lock (_lock)
        {
            if (!_young.Remove(hash))
            {
                _old.Remove(hash);
            }
        }
    }

    private UInt128 HashOf(string address, string credential)
    {
        // No address contains a line break, so that the two texts cannot run into each other.
        int length = Encoding.UTF8.GetMaxByteCount(address.Length + 1 + credential.Length);
        byte[] bytes = ArrayPool<byte>.Shared.Rent(length);
        int end = Encoding.UTF8.GetBytes(address, bytes);
        bytes[end++] = (byte)'\n';
        end += Encoding.UTF8.GetBytes(credential, bytes.AsSpan(end));
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, bytes.AsSpan(0, end), hash);
        ArrayPool<byte>.Shared.Return(bytes, clearArray: true);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }
}
