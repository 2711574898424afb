using System.Collections.Immutable;
using Sluice.Configuration.Documents;

namespace Sluice.Configuration.Reading;

/// <summary>Reads <c>auth</c>: how callers are known.</summary>
internal sealed class AuthReader(FaultList faults)
{
    private const int HexDigits = 64;

    /// <summary>The keys that could be read.</summary>
    internal ImmutableArray<ApiKey> Read(Node node, string path)
    {
        FieldReader? reader = FieldReader.Open(node, path, ["apiKeys"], ["jwt", "trustedProxy"], faults);
        if (reader is null)
        {
            return [];
        }

        ImmutableArray<ApiKey>.Builder keys = ImmutableArray.CreateBuilder<ApiKey>();
        HashSet<string> hashes = new(StringComparer.Ordinal);
        foreach ((Node item, string itemPath) in reader.List("apiKeys", required: true))
        {
            if (ReadKey(item, itemPath, hashes) is ApiKey key)
            {
                keys.Add(key);
            }
        }

        return keys.ToImmutable();
    }

    private ApiKey? ReadKey(Node item, string path, HashSet<string> hashes)
    {
        FieldReader? reader = FieldReader.Open(item, path, ["user", "tenant", "sha256", "name"], [], faults);
        if (reader is null)
        {
            return null;
        }

        string? user = reader.Text("user", required: true);
        string? tenant = reader.Text("tenant", required: false);
        string? name = reader.Text("name", required: false);
        Node? hash = reader.Required("sha256");
        if (hash is not null && !IsHash(hash))
        {
            faults.Add(hash, reader.PathOf("sha256"),
                "is not a SHA-256: 64 digits of 0-9 and a-f, in lower case. 'sluice new-key' makes a key and prints its entry.");
        }
        else if (hash is ScalarNode scalar && user is not null)
        {
            if (hashes.Add(scalar.Value))
            {
                return new ApiKey { User = user, Tenant = tenant, Name = name, Sha256 = [.. Convert.FromHexString(scalar.Value)] };
            }

            faults.Add(hash, reader.PathOf("sha256"), "stands in an earlier entry too. Give every key an entry of its own, once.");
        }

        return null;
    }

    private static bool IsHash(Node node) =>
        node is ScalarNode scalar && scalar.Value.Length == HexDigits && scalar.Value.All(char.IsAsciiHexDigitLower);
}
