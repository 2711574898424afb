namespace Sluice.Gateway;

/// <summary>Something in a file of another product that has no equivalent, or changes meaning.</summary>
/// <param name="Line">Its line, from 1; 0 where it is about the product as a whole.</param>
/// <param name="Path">Its place in the file; empty likewise.</param>
/// <param name="Text">What changes, and why.</param>
internal sealed record ImportNote(int Line, string Path, string Text);
