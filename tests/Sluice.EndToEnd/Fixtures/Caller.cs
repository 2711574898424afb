using System.Security.Cryptography;
using System.Text;

namespace Sluice.EndToEnd.Fixtures;

/// <summary>A user who is known to the gateways of these tests.</summary>
internal sealed record Caller(string Name, string ApiKey)
{
    public static readonly Caller Alice = new("alice", "alice-2b7e151628aed2a6abf7158809cf4f3c");
    public static readonly Caller Bob = new("bob", "bob-8e73b0f7da0e6452c810f32b809079e5");

    /// <summary>What the gateway's file holds of the key.</summary>
    public string KeyHash => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(ApiKey)));
}
