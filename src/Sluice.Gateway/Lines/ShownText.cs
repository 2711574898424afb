namespace Sluice.Gateway;

/// <summary>Bounds texts that a caller chose.</summary>
internal static class ShownText
{
    /// <summary>The beginning of a text, of so many characters at most; a surrogate pair is not cut in two.</summary>
    internal static string Cut(string text, int maxLength) => text.Length <= maxLength ? text
        : char.IsHighSurrogate(text[maxLength - 1]) ? text[..(maxLength - 1)]
        : text[..maxLength];
}
