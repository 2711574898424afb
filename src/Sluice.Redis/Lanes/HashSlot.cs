using System.Text;

namespace Sluice.Redis;

/// <summary>The slot of a cluster in which a key lies.</summary>
/// <remarks>Source: Redis cluster specification, "Key distribution model" and "Hash tags": CRC16 (XMODEM) modulo 16384.</remarks>
internal static class HashSlot
{
    /// <summary>How many slots there are.</summary>
    internal const int Count = 16_384;

    private const int Polynomial = 0x1021;

    /// <summary>The slot of a key, by its hash tag if it has one.</summary>
    internal static int Of(string key)
    {
        int open = key.IndexOf('{', StringComparison.Ordinal);
        int close = open < 0 ? -1 : key.IndexOf('}', open);
        string hashed = close > open + 1 ? key[(open + 1)..close] : key;
        int crc = 0;
        foreach (byte b in Encoding.UTF8.GetBytes(hashed))
        {
            crc ^= b << 8;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = ((crc & 0x8000) != 0 ? (crc << 1) ^ Polynomial : crc << 1) & 0xFFFF;
            }
        }

        return crc % Count;
    }
}
