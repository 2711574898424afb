using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Sluice.Gateway;

/// <summary>An API key of 256 random bits, and its hash.</summary>
/// <param name="Key">The secret, for its user.</param>
/// <param name="Hash">The SHA-256 of the key in lower-case hexadecimal digits, for the configuration.</param>
internal sealed record NewApiKey(string Key, string Hash)
{
    private const int KeyBytes = 32;

    internal static NewApiKey Create()
    {
        string key = "sluice_" + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(KeyBytes));
        return new NewApiKey(key, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))));
    }

    /// <summary>The key's entry for <c>auth.apiKeys</c>, in YAML's flow style.</summary>
    internal string EntryOf(string user) => $"{{ user: {OutputText.Text(user)}, sha256: {Hash} }}";
}
