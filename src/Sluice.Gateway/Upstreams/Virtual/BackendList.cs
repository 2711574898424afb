using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Sluice.Gateway;

/// <summary>A list of one backend, with all of its pages.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed class BackendList
{
    private BackendList(ListEntry[] entries, UInt128 hash)
    {
        Entries = entries;
        Hash = hash;
    }

    /// <summary>A list without entries.</summary>
    internal static BackendList Empty { get; } = Of([]);

    internal ListEntry[] Entries { get; }

    /// <summary>Names the content: equal for equal lists.</summary>
    internal UInt128 Hash { get; }

    internal static BackendList Of(IEnumerable<ListEntry> entries)
    {
        ListEntry[] all = [.. entries];
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (ListEntry entry in all)
        {
            int length = entry.Json.Length;
            hash.AppendData(MemoryMarshal.AsBytes(new ReadOnlySpan<int>(ref length)));
            hash.AppendData(entry.Json);
        }

        return new BackendList(all, MemoryMarshal.Read<UInt128>(hash.GetHashAndReset()));
    }
}
