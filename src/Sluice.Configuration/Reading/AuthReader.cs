using System.Collections.Immutable;

namespace Sluice.Configuration;

/// <summary>Reads <c>auth</c>: how callers are known. No message repeats a user, a tenant or a hash.</summary>
internal sealed class AuthReader(FaultList faults)
{
    private const int HexDigits = 64;
    private const string HashOfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    private static readonly string[] Fields = ["apiKeys"];
    private static readonly string[] LaterFields = ["jwt", "trustedProxy"];
    private static readonly string[] KeyFields = ["user", "tenant", "sha256", "name"];

    /// <summary>The keys that could be read.</summary>
    internal ImmutableArray<ApiKey> Read(Node node)
    {
        FieldReader? reader = FieldReader.Open(node, "auth", Fields, LaterFields, faults);
        if (reader is null)
        {
            return [];
        }

        Dictionary<string, string> pathsByHash = new(StringComparer.Ordinal);
        return
        [
            .. reader.List("apiKeys", required: !reader.HasLaterFields)
                .Select(entry => ReadKey(entry.Item, entry.Path, pathsByHash))
                .OfType<ApiKey>(),
        ];
    }

    private ApiKey? ReadKey(Node item, string path, Dictionary<string, string> pathsByHash)
    {
        FieldReader? reader = FieldReader.Open(item, path, KeyFields, [], faults);
        if (reader is null)
        {
            return null;
        }

        string? user = Identity(reader, "user", required: true);
        string? tenant = Identity(reader, "tenant", required: false);
        string? name = Identity(reader, "name", required: false);
        string? hash = ReadHash(reader, path, pathsByHash);
        return user is null || hash is null
            ? null
            : new ApiKey { User = user, Tenant = tenant, Name = name, Sha256 = [.. Convert.FromHexString(hash)] };
    }

    private static string? Identity(FieldReader reader, string field, bool required)
    {
        if (reader.Text(field, required, isPrivate: true) is not string text)
        {
            return null;
        }

        string? wrong = NormalForm.IsCertain(text)
            ? null
            : "holds a character that Unicode spells in several ways, so that two equal names could differ. Write it as one composed "
                + "character, such as é, or without its mark.";
        return reader.Accept(text, wrong, reader.Node(field)!, field);
    }

    private static string? ReadHash(FieldReader reader, string path, Dictionary<string, string> pathsByHash)
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
            : !pathsByHash.TryAdd(text, path) ? $"is the same key as {pathsByHash[text]}. Make a key for each entry with 'sluice new-key'."
            : null;
        return reader.Accept(text, wrong, node, Field);
    }
}
