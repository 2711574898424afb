using System.Collections;
using System.Security.Cryptography;
using System.Text;

namespace Sluice.Documents;

/// <summary>The API keys of a gateway, known by their hashes, in a form that is small however many they are.</summary>
/// <remarks>
/// <para>A look-up takes the same time for ten keys and for a million: it goes by the hash, and compares the hash in constant time.</para>
/// <para>
/// Memory: about 90 bytes a key, and the characters of its user and name. Tenants, scopes and claims are stored once for all keys that have
/// the same.
/// </para>
/// <para>Thread safety: immutable.</para>
/// </remarks>
internal sealed class ApiKeyTable : IReadOnlyList<ApiKey>
{
    private const int DigestBytes = SHA256.HashSizeInBytes;
    private readonly DigestTable _digests;
    private readonly KeyRecord[] _records;
    private readonly byte[] _texts;
    private readonly ApiKeyGrant[] _grants;

    internal ApiKeyTable(DigestTable digests, KeyRecord[] records, byte[] texts, ApiKeyGrant[] grants)
    {
        _digests = digests;
        _records = records;
        _texts = texts;
        _grants = grants;
    }

    /// <summary>No key.</summary>
    public static ApiKeyTable Empty { get; } = new ApiKeyTableBuilder().Build();

    /// <summary>How many keys there are.</summary>
    public int Count => _records.Length;

    /// <summary>Whether there is no key.</summary>
    public bool IsEmpty => _records.Length == 0;

    /// <summary>What keys have besides a user, each different set once.</summary>
    internal ReadOnlySpan<ApiKeyGrant> Grants => _grants;

    /// <summary>How many places keys have, the free ones included.</summary>
    internal int Slots => _digests.Slots;

    /// <summary>Whether a key has a tenant.</summary>
    internal bool HasTenants => _grants.Any(grant => grant.Tenant is not null);

    /// <summary>A key.</summary>
    /// <param name="index">From 0, in the order of the configuration.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such key.</exception>
    public ApiKey this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            ApiKeyGrant grant = GrantOf(index);
            return new ApiKey
            {
                User = UserOf(index),
                Tenant = grant.Tenant,
                Name = NameOf(index),
                Scopes = grant.Scopes,
                Claims = grant.Claims,
                Sha256 = [.. _digests.DigestAt(_records[index].Slot)],
            };
        }
    }

    /// <summary>Finds a key.</summary>
    /// <param name="sha256">The SHA-256 of what a caller sent: 32 bytes.</param>
    /// <param name="index">The index of the key, or -1 if the table does not have it.</param>
    /// <returns>Whether it is a key of this table.</returns>
    public bool TryFind(ReadOnlySpan<byte> sha256, out int index)
    {
        int slot = FindSlot(sha256);
        index = slot < 0 ? -1 : IndexAt(slot);
        return slot >= 0;
    }

    /// <summary>The index of a key, or -1 if the table does not have it.</summary>
    internal int FindSlot(ReadOnlySpan<byte> sha256) => sha256.Length == DigestBytes ? _digests.Find(sha256) : -1;

    /// <summary>The place where the search for a key begins: mostly that of the key.</summary>
    internal int FirstSlotOf(ReadOnlySpan<byte> sha256) => _digests.FirstSlotOf(sha256);

    /// <summary>Begins to load what a search at a place reads into the cache.</summary>
    internal void Prefetch(int slot) => _digests.Prefetch(slot);

    /// <summary>The index of the key at a place.</summary>
    internal int IndexAt(int slot) => _digests.ValueAt(slot);

    /// <inheritdoc/>
    public IEnumerator<ApiKey> GetEnumerator()
    {
        for (int index = 0; index < Count; index++)
        {
            yield return this[index];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>A table of keys.</summary>
    /// <param name="keys">The keys.</param>
    /// <exception cref="ArgumentNullException"><paramref name="keys"/> is null.</exception>
    /// <exception cref="ArgumentException">Two keys are the same, a hash does not have 32 bytes or is that of an empty text, or a text is
    /// longer than 32,767 bytes.</exception>
    public static ApiKeyTable Create(IEnumerable<ApiKey> keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        ApiKeyTableBuilder builder = new();
        foreach (ApiKey key in keys)
        {
            if (key.Sha256.IsDefault || key.Sha256.Length != DigestBytes)
            {
                throw new ArgumentException($"The hash of key {builder.Count} does not have {DigestBytes} bytes.", nameof(keys));
            }

            if (DigestTable.IsReserved(key.Sha256.AsSpan()))
            {
                throw new ArgumentException($"The hash of key {builder.Count} is that of an empty text.", nameof(keys));
            }

            if (Math.Max(Encoding.UTF8.GetByteCount(key.User), Encoding.UTF8.GetByteCount(key.Name ?? "")) > ApiKeyTableBuilder.MaxTextBytes)
            {
                throw new ArgumentException($"The user or the name of key {builder.Count} is too long.", nameof(keys));
            }

            ApiKeyGrant grant = builder.Share(key.Tenant, key.Scopes, key.Claims);
            if (!builder.TryAdd(key.Sha256.AsSpan(), key.User, key.Name, grant, out int first))
            {
                throw new ArgumentException($"The keys {first} and {builder.Count} are the same.", nameof(keys));
            }
        }

        return builder.Build();
    }

    /// <summary>The user whom a key identifies.</summary>
    internal string UserOf(int index)
    {
        int at = _records[index].TextStart;
        return ReadText(ref at);
    }

    /// <summary>What a key has besides.</summary>
    internal ApiKeyGrant GrantOf(int index) => _grants[_records[index].Grant];

    private string? NameOf(int index)
    {
        int at = _records[index].TextStart;
        ReadText(ref at);
        string name = ReadText(ref at);
        return name.Length == 0 ? null : name;
    }

    private string ReadText(ref int at)
    {
        int length = _texts[at++];
        if (length >= 128)
        {
            length = ((length & 127) << 8) | _texts[at++];
        }

        string text = Encoding.UTF8.GetString(_texts, at, length);
        at += length;
        return text;
    }
}
