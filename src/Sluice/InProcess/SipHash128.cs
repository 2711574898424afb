using System.Buffers.Binary;
using System.Numerics;

namespace Sluice;

/// <summary>SipHash-2-4 with an output of 128 bits: a keyed hash whose collisions cannot be found without the key.</summary>
/// <remarks>Source: J.-P. Aumasson and D. J. Bernstein, "SipHash: a fast short-input PRF" (2012), and its reference code.</remarks>
internal static class SipHash128
{
    /// <summary>Hashes bytes.</summary>
    /// <param name="key0">The key's first 8 bytes, little-endian.</param>
    /// <param name="key1">The key's last 8 bytes, little-endian.</param>
    /// <param name="bytes">What to hash.</param>
    /// <returns>The first and the last 8 bytes of the hash, little-endian.</returns>
    internal static (ulong Low, ulong High) Hash(ulong key0, ulong key1, ReadOnlySpan<byte> bytes)
    {
        State state = new(key0, key1);
        ReadOnlySpan<byte> rest = bytes;
        while (rest.Length >= sizeof(ulong))
        {
            state.Take(BinaryPrimitives.ReadUInt64LittleEndian(rest));
            rest = rest[sizeof(ulong)..];
        }

        Span<byte> last = [0, 0, 0, 0, 0, 0, 0, 0];
        rest.CopyTo(last);
        last[^1] = (byte)(bytes.Length & 0xff);
        state.Take(BinaryPrimitives.ReadUInt64LittleEndian(last));
        return state.Finish();
    }

    private ref struct State(ulong key0, ulong key1)
    {
        private ulong _v0 = key0 ^ 0x736f6d6570736575;
        private ulong _v1 = key1 ^ 0x646f72616e646f6d ^ 0xee;
        private ulong _v2 = key0 ^ 0x6c7967656e657261;
        private ulong _v3 = key1 ^ 0x7465646279746573;

        internal void Take(ulong word)
        {
            _v3 ^= word;
            Round();
            Round();
            _v0 ^= word;
        }

        internal (ulong Low, ulong High) Finish()
        {
            _v2 ^= 0xee;
            FourRounds();
            ulong low = _v0 ^ _v1 ^ _v2 ^ _v3;
            _v1 ^= 0xdd;
            FourRounds();
            return (low, _v0 ^ _v1 ^ _v2 ^ _v3);
        }

        private void FourRounds()
        {
            Round();
            Round();
            Round();
            Round();
        }

        private void Round()
        {
            unchecked
            {
                _v0 += _v1;
                _v1 = BitOperations.RotateLeft(_v1, 13) ^ _v0;
                _v0 = BitOperations.RotateLeft(_v0, 32);
                _v2 += _v3;
                _v3 = BitOperations.RotateLeft(_v3, 16) ^ _v2;
                _v0 += _v3;
                _v3 = BitOperations.RotateLeft(_v3, 21) ^ _v0;
                _v2 += _v1;
                _v1 = BitOperations.RotateLeft(_v1, 17) ^ _v2;
                _v2 = BitOperations.RotateLeft(_v2, 32);
            }
        }
    }
}
