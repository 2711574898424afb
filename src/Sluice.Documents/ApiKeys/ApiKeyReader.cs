using System.Collections.Immutable;
using System.Security.Cryptography;

namespace Sluice.Documents;

/// <summary>
/// Reads the entries of API keys, those of the configuration and those of key files. No message repeats a user, a tenant, the value of a
/// claim or a hash.
/// </summary>
internal sealed class ApiKeyReader
{
    private const int HexDigits = 2 * SHA256.HashSizeInBytes;
    private const string HashField = "sha256";
    private const string HashOfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    private readonly ApiKeyTableBuilder _keys = new();

    // Where each key is, for the message about a second one.
    private readonly List<KeyPlace> _places = [];

    /// <summary>The fields of an entry.</summary>
    internal static readonly FieldTable Table = new(
        new FieldSpec("user", new TextSpec()).Required(),
        new("tenant", new TextSpec()),
        new FieldSpec(HashField, new TextSpec(int.MaxValue, @"^\s*[0-9a-f]{64}\s*$")).Required(),
        new("name", new TextSpec()),
        new("scopes", new TextsSpec(new TextSpec(Pattern: @"^\s*[!#-\[\]-~]+\s*$"))),
        new("claims", ClaimsReader.Value));

    /// <summary>The keys that could be read.</summary>
    internal ApiKeyTable ToTable() => _keys.Build();

    /// <summary>Reads an entry.</summary>
    /// <param name="item">The entry.</param>
    /// <param name="path">Its path in its document.</param>
    /// <param name="faults">Takes what is wrong, as a fault of the entry's file.</param>
    /// <param name="fields">The fields that are known at this place.</param>
    internal void Read(Node item, string path, FaultList faults, FieldTable fields)
    {
        if (FieldReader.Open(item, path, fields, faults) is FieldReader reader)
        {
            // In a file of many keys, a line is found more easily than an index.
            bool isInKeyFile = path.StartsWith('[');
            Read(reader, new KeyPlace(isInKeyFile ? faults.File : path, isInKeyFile ? item.Line : 0), faults);
        }
    }

    private void Read(FieldReader reader, KeyPlace place, FaultList faults)
    {
        string? user = Identity(reader, "user");
        string? tenant = Identity(reader, "tenant");
        string? name = Identity(reader, "name");
        ImmutableArray<string> scopes = reader.Texts("scopes", WhyNotAScope);
        ImmutableDictionary<string, ImmutableArray<string>> claims =
            ClaimsReader.Read(reader, "claims", faults).ToImmutableDictionary(claim => claim.Name, claim => claim.Values);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        if (!TryReadHash(reader, digest))
        {
            return;
        }

        // A key without a user counts too: one that is there twice is a mistake, whatever else is wrong.
        if (_keys.TryAdd(digest, user ?? "", name, _keys.Share(tenant, scopes, claims), out int first))
        {
            _places.Add(place);
        }
        else
        {
            reader.Accept("", $"is the same key as {_places[first]}. Make a key for each entry with 'sluice new-key'.", reader.Node(HashField)!, HashField);
        }
    }

    private static string? Identity(FieldReader reader, string field) =>
        reader.Text(field, isPrivate: true) is string text ? CallerIdentity.Normalize(text) : null;

    /// <summary>Null, or why a text is not a scope.</summary>
    /// <remarks>Source: RFC 6749, appendix A.4.</remarks>
    internal static string? WhyNotAScope(string scope) => scope.All(c => c is >= '!' and <= '~' and not '"' and not '\\')
        ? null
        : "is not a scope. Write printable ASCII without spaces, quotes and backslashes, one scope an entry.";

    private static bool TryReadHash(FieldReader reader, Span<byte> digest)
    {
        Node? node = reader.Required(HashField);
        if (node is null or ScalarNode { IsUnresolved: true })
        {
            return false;
        }

        string text = node is ScalarNode scalar ? scalar.Value.Trim() : "";
        string? wrong = text.Length != HexDigits || !text.All(char.IsAsciiHexDigit)
                ? "is not a SHA-256: 64 digits of 0-9 and a-f. 'sluice new-key' makes a key and prints its hash."
            : !text.All(char.IsAsciiHexDigitLower) ? "is a SHA-256 in upper case. Write it in lower case."
            : text == HashOfNothing ? "is the hash of an empty text. 'sluice new-key' makes a key and prints its hash."
            : null;
        if (reader.Accept(text, wrong, node, HashField) is null)
        {
            return false;
        }

        Convert.FromHexString(text, digest, out _, out _);
        return true;
    }

    /// <summary>Where a key is.</summary>
    /// <param name="Where">The path of an entry in the configuration, or the name of a key file.</param>
    /// <param name="Line">The line in a key file; 0 in the configuration.</param>
    private readonly record struct KeyPlace(string Where, int Line)
    {
        public override string ToString() => Line == 0 ? Where : $"{Where}:{Line}";
    }
}
