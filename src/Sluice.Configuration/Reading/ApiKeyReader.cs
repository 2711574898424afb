using System.Collections.Immutable;

namespace Sluice.Configuration;

/// <summary>Reads <c>auth.apiKeys</c>. No message repeats a user, a tenant or a hash.</summary>
internal sealed class ApiKeyReader(FaultList faults)
{
    private const int HexDigits = 64;
    private const string HashOfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    private static readonly string[] Fields = ["user", "tenant", "sha256", "name", "scopes"];
    private readonly Dictionary<string, string> _pathsByHash = new(StringComparer.Ordinal);

    /// <summary>The keys that could be read.</summary>
    internal ImmutableArray<ApiKey> ReadAll(FieldReader auth) =>
        [.. auth.List("apiKeys", required: false).Select(entry => Read(entry.Item, entry.Path)).OfType<ApiKey>()];

    private ApiKey? Read(Node item, string path)
    {
        if (FieldReader.Open(item, path, Fields, [], faults) is not FieldReader reader)
        {
            return null;
        }

        string? user = Identity(reader, "user", required: true);
        string? tenant = Identity(reader, "tenant", required: false);
        string? name = Identity(reader, "name", required: false);
        ImmutableArray<string> scopes = reader.Texts("scopes", required: false, WhyNotAScope);
        string? hash = ReadHash(reader, path);
        return user is null || hash is null
            ? null
            : new ApiKey { User = user, Tenant = tenant, Name = name, Scopes = scopes, Sha256 = [.. Convert.FromHexString(hash)] };
    }

    private static string? Identity(FieldReader reader, string field, bool required) =>
        reader.Text(field, required, isPrivate: true) is string text ? CallerIdentity.Normalize(text) : null;

    /// <summary>Null, or why a text is not a scope.</summary>
    /// <remarks>Source: RFC 6749, appendix A.4.</remarks>
    internal static string? WhyNotAScope(string scope) => scope.All(c => c is >= '!' and <= '~' and not '"' and not '\\')
        ? null
        : "is not a scope. Write printable ASCII without spaces, quotes and backslashes, one scope an entry.";

    private string? ReadHash(FieldReader reader, string path)
    {
        const string Field = "sha256";
        Node? node = reader.Required(Field);
        if (node is null or ScalarNode { IsUnresolved: true })
        {
            return null;
        }

        string text = node is ScalarNode scalar ? scalar.Value.Trim() : "";
        string? wrong = text.Length != HexDigits || !text.All(char.IsAsciiHexDigit)
                ? "is not a SHA-256: 64 digits of 0-9 and a-f. 'sluice new-key' makes a key and prints its hash."
            : !text.All(char.IsAsciiHexDigitLower) ? "is a SHA-256 in upper case. Write it in lower case."
            : text == HashOfNothing ? "is the hash of an empty text. 'sluice new-key' makes a key and prints its hash."
            : !_pathsByHash.TryAdd(text, path) ? $"is the same key as {_pathsByHash[text]}. Make a key for each entry with 'sluice new-key'."
            : null;
        return reader.Accept(text, wrong, node, Field);
    }
}
