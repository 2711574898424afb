namespace Sluice.Gateway;

/// <summary>One entry of a backend's list, as the backend wrote it.</summary>
/// <param name="Key">The name or URI.</param>
/// <param name="Json">The entry.</param>
/// <param name="KeyPart">Where in <paramref name="Json"/> the value of the key stands.</param>
internal sealed record ListEntry(string Key, byte[] Json, Range KeyPart);
