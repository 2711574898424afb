using System.Collections.Immutable;
using System.Text;

namespace Sluice.Documents;

/// <summary>Collects keys into a table.</summary>
/// <remarks>Thread safety: one thread.</remarks>
internal sealed class ApiKeyTableBuilder
{
    /// <summary>The longest user or name, in bytes of UTF-8.</summary>
    internal const int MaxTextBytes = 32_767;

    private readonly List<KeyRecord> _records = [];
    private readonly List<ApiKeyGrant> _grants = [];
    private readonly Dictionary<string, ApiKeyGrant> _grantsByText = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _shared = new(StringComparer.Ordinal);
    private DigestTable _digests = new(16);
    private byte[] _texts = new byte[1_024];
    private int _textLength;

    /// <summary>How many keys there are so far.</summary>
    internal int Count => _records.Count;

    /// <summary>What keys have besides a user: one object for all keys that have the same.</summary>
    internal ApiKeyGrant Share(string? tenant, ImmutableArray<string> scopes, ImmutableDictionary<string, ImmutableArray<string>> claims)
    {
        string text = TextOf(scopes.Prepend(tenant))
            + string.Concat(
                claims.OrderBy(claim => claim.Key, StringComparer.Ordinal).Select(claim => "|" + TextOf(claim.Value.Prepend(claim.Key))));
        if (!_grantsByText.TryGetValue(text, out ApiKeyGrant? grant))
        {
            grant = new ApiKeyGrant(_grants.Count, tenant is null ? null : Share(tenant), [.. scopes.Select(Share)], claims);
            _grants.Add(grant);
            _grantsByText.Add(text, grant);
        }

        return grant;
    }

    /// <summary>Adds a key; or finds that it is there.</summary>
    /// <param name="digest">Its SHA-256.</param>
    /// <param name="user">The user.</param>
    /// <param name="name">Its name, or null.</param>
    /// <param name="grant">What it has besides.</param>
    /// <param name="first">The index of the key; of the first when there are two.</param>
    internal bool TryAdd(ReadOnlySpan<byte> digest, string user, string? name, ApiKeyGrant grant, out int first)
    {
        int slot = _digests.Find(digest);
        if (slot >= 0)
        {
            first = _digests.ValueAt(slot);
            return false;
        }

        first = _records.Count;
        if (first == _digests.Capacity)
        {
            _digests = _digests.Resize(2 * first);
        }

        _digests.Add(digest, first);
        _records.Add(new KeyRecord(_textLength, grant.Index, Slot: -1));
        Append(user);
        Append(name ?? "");
        return true;
    }

    /// <summary>The table of the keys that were added.</summary>
    internal ApiKeyTable Build()
    {
        DigestTable digests = _digests.Resize(_records.Count);
        KeyRecord[] records = [.. _records];
        for (int slot = 0; slot < digests.Slots; slot++)
        {
            if (digests.ValueAt(slot) is int index and >= 0)
            {
                records[index] = records[index] with { Slot = slot };
            }
        }

        return new ApiKeyTable(digests, records, _texts.AsSpan(0, _textLength).ToArray(), [.. _grants]);
    }

    private static string TextOf(IEnumerable<string?> parts) =>
        string.Concat(parts.Select(part => part is null ? "-" : $"{part.Length}:{part}"));

    private string Share(string text) => _shared.TryGetValue(text, out string? known) ? known : _shared[text] = text;

    /// <exception cref="BudgetExceededException">The texts are larger than an array.</exception>
    // The length in one byte, or in two when the first has its highest bit set; then the text in UTF-8.
    private void Append(string text)
    {
        int length = Encoding.UTF8.GetByteCount(text);
        long end = (long)_textLength + length + 2;
        if (length > MaxTextBytes || end > Array.MaxLength)
        {
            throw new BudgetExceededException();
        }

        if (end > _texts.Length)
        {
            Array.Resize(ref _texts, (int)Math.Min(Array.MaxLength, Math.Max(end, 2L * _texts.Length)));
        }

        if (length >= 128)
        {
            _texts[_textLength++] = (byte)(128 | (length >> 8));
        }

        _texts[_textLength++] = (byte)length;
        _textLength += Encoding.UTF8.GetBytes(text, _texts.AsSpan(_textLength));
    }
}
