using System.Buffers;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>The callers that API keys name. Keys change as a whole, by another object of this type.</summary>
/// <remarks>
/// <para>
/// Keys are known by their SHA-256 only. A look-up by hash tells an attacker nothing through its timing, since an
/// attacker cannot choose a key by a prefix of its hash; the comparison that decides takes constant time all the same.
/// </para>
/// <para>
/// A caller is made when its key is first used, and kept: about 250 bytes for each key that is in use. A further use allocates nothing.
/// </para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
internal sealed class KnownKeys
{
    private const int MaxKeyLength = 4_096;
    private readonly ApiKeyTable _table;
    private readonly bool _userSpansTenants;
    private readonly ImmutableArray<string> _claimNames;
    private readonly CallerClaims[] _claims;
    private readonly AuthenticationResult?[] _callers;
    private readonly KeyHints _hints;

    /// <param name="table">The keys.</param>
    /// <param name="userSpansTenants">Whether a user is the same in every tenant.</param>
    /// <param name="claimNames">The claims that limits ask for.</param>
    internal KnownKeys(ApiKeyTable table, bool userSpansTenants, ImmutableArray<string> claimNames)
    {
        _table = table;
        _userSpansTenants = userSpansTenants;
        _claimNames = claimNames;
        _claims = [.. table.Grants.ToArray().Select(grant => CallerClaims.OfKey(grant))];
        _callers = new AuthenticationResult?[table.Slots];
        _hints = new KeyHints(table.Count);
    }

    /// <summary>The caller whom a key names; null when it is no key.</summary>
    internal AuthenticationResult? Find(string key)
    {
        if (key.Length > MaxKeyLength)
        {
            return null;
        }

        int hint = _hints.IndexOf(key);
        byte[] bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(key.Length));
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        int length = Encoding.UTF8.GetBytes(key, bytes);
        int hinted = _hints.At(hint);
        Prefetch(hinted); // The hash takes longer than the memory.
        SHA256.HashData(bytes.AsSpan(0, length), hash);
        ArrayPool<byte>.Shared.Return(bytes, clearArray: true); // Code that rents it next must not find a key.

        int likely = _table.FirstSlotOf(hash);
        if (likely != hinted)
        {
            Prefetch(likely); // Both lines together: that of the caller, which is mostly there, and that of the digest.
        }

        int slot = _table.FindSlot(hash);
        if (slot < 0)
        {
            return null;
        }

        if (slot != hinted)
        {
            _hints.Set(hint, slot);
        }

        return CallerAt(slot);
    }

    private void Prefetch(int slot)
    {
        if (slot >= 0)
        {
            _table.Prefetch(slot);
            CacheLine.Prefetch(in _callers[slot]);
        }
    }

    private AuthenticationResult CallerAt(int slot)
    {
        ref AuthenticationResult? caller = ref _callers[slot];
        if (Volatile.Read(ref caller) is AuthenticationResult known)
        {
            return known;
        }

        // Of two threads that make it, one wins: a caller keeps what has been computed for it.
        AuthenticationResult made = Make(_table.IndexAt(slot));
        return Interlocked.CompareExchange(ref caller, made, null) ?? made;
    }

    private AuthenticationResult Make(int index)
    {
        ApiKeyGrant grant = _table.GrantOf(index);
        CallerIdentity caller = new(ApiKeyAuthenticator.Issuer, _table.UserOf(index), grant.Tenant, client: null)
        {
            UserSpansTenants = _userSpansTenants,
        };
        CallerClaims claims = _claims[grant.Index];
        return AuthenticationResult.Succeeded(claims.AddTo(caller, _claimNames), claims);
    }
}
