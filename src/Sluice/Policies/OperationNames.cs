namespace Sluice;

/// <summary>How the names of one kind of operation compare.</summary>
/// <param name="Comparer">By character, or without regard to ASCII case.</param>
/// <param name="AreUris">Whether they are URIs, which are normalised first and keep the case of their paths.</param>
internal sealed record OperationNames(NameComparer Comparer, bool AreUris)
{
    internal static OperationNames For(OperationKind kind, bool caseSensitive) => kind switch
    {
        OperationKind.Resource => new(NameComparer.Exact, AreUris: true),
        OperationKind.Backend => new(NameComparer.Exact, AreUris: false),
        _ => new(caseSensitive ? NameComparer.Exact : NameComparer.IgnoreAsciiCase, AreUris: false),
    };

    /// <summary>The one spelling for all names that mean the same.</summary>
    internal string Canonical(string name)
    {
        string trimmed = name.Trim();
        if (!AreUris)
        {
            return Comparer.Canonical(trimmed);
        }

        char[] buffer = new char[trimmed.Length];
        return new string(buffer, 0, ResourceUri.Normalize(trimmed, buffer));
    }
}
